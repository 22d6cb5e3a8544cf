/**
 * Modules: networks as trees of layers with stable path names, built in Java or imported from ONNX, and their selective quantization.
 * A tree is compiled to a graph ({@link io.github.bitgrain.quantizer.nn.Network}); the one executor and the one training loop run it.
 */
package io.github.bitgrain.quantizer.nn;
