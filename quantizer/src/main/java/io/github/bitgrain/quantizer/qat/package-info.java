/** Training with quantization in the loop: data, losses, learning rates, checkpoints, the trainer, recipe modification. */
package io.github.bitgrain.quantizer.qat;
