/** What two models, or a model and a dumped run, compute differently. */
package io.github.bitgrain.cli.compare;
