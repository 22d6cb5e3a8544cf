/** What a quantization leaves behind for people: the page of {@code --report} and the scales of {@code --dump-scales}. */
package io.github.bitgrain.cli.report;
