/** Dense float32 tensors in ONNX axis order. */
package io.github.bitgrain.core.tensor;
