/** Support shared by the tests of all modules. */
package io.github.bitgrain.testing;
