/** What firmware needs beside the model file. */
package io.github.bitgrain.cli.firmware;
