/** ONNX files: float models in and out. */
package io.github.bitgrain.exporter.onnx;
