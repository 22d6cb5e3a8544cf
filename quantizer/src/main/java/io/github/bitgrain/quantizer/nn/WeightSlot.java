package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.tensor.Tensor;
import java.util.function.Consumer;

/**
 * Weights with their quantizer.
 *
 * @param quantizer what rounds them
 * @param weight the weights; a copy where a quantizer rounds several parameters as one
 * @param channelAxis axis that counts output channels
 * @param store puts weights of the same shape in their place
 */
public record WeightSlot(TensorQuantizer quantizer, Tensor weight, int channelAxis, Consumer<Tensor> store) {}
