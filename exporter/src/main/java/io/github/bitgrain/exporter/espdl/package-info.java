/** The {@code .espdl} file: a chip program as a FlatBuffer in an envelope. */
package io.github.bitgrain.exporter.espdl;
