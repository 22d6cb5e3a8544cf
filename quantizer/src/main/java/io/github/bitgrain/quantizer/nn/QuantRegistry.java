package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.BitgrainException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which classes of modules have which quantized form. A class is found by equality: subclasses are others. A
 * {@link SelectiveQuantizer} copies the registry that it is given; later registrations do not reach it.
 */
public final class QuantRegistry {
    private final Map<Class<? extends Module>, QuantizationRule> rules = new LinkedHashMap<>();

    private QuantRegistry() {}

    /** A new registry with the layers of this package. */
    public static QuantRegistry standard() {
        QuantRegistry registry = new QuantRegistry();
        registry.put(Conv2d.class, (module, input, weight) -> new QuantConv2d((Conv2d) module, input, weight));
        registry.put(ConvTranspose2d.class, QuantRegistry::convTranspose);
        registry.put(Linear.class, (module, input, weight) -> new QuantLinear((Linear) module, input, weight));
        registry.put(LSTM.class, (module, input, weight) -> new QuantLSTM((LSTM) module, input, weight));
        registry.put(LSTMCell.class, (module, input, weight) -> new QuantLSTMCell((LSTMCell) module, input, weight));
        registry.put(AvgPool2d.class, (module, input, weight) -> new QuantAvgPool2d((AvgPool2d) module, input));
        registry.put(AdaptiveAvgPool2d.class, (module, input, weight) -> new QuantAdaptiveAvgPool2d((AdaptiveAvgPool2d) module, input));
        registry.rules.put(ResNetBlock.BasicBlock.class, ResNetBlock.rule());
        registry.rules.put(ResNetBlock.Bottleneck.class, ResNetBlock.rule());
        registry.rules.put(SkipQuantization.class, QuantizationRule.UNWRAP);
        QuantizedFactory marker = (module, input, weight) -> new TensorQuantizer(input);
        registry.put(SkipMarker.Residual.class, marker);
        registry.put(SkipMarker.SkipConnection.class, marker);
        registry.put(SkipMarker.BackboneInternalSkipConnection.class, marker);
        registry.put(SkipMarker.HeadInternalSkipConnection.class, marker);
        registry.put(SkipMarker.CrossModelSkipConnection.class, marker);
        return registry;
    }

    private void put(Class<? extends Module> type, QuantizedFactory factory) {
        rules.put(type, QuantizationRule.replace(factory));
    }

    /** Per-channel weights of a transposed convolution: axis 1 counts output channels; with groups there is no such axis. */
    private static Module convTranspose(Module module, io.github.bitgrain.quantizer.amax.QuantDescriptor input,
            io.github.bitgrain.quantizer.amax.QuantDescriptor weight) {
        ConvTranspose2d layer = (ConvTranspose2d) module;
        boolean perChannel = weight.axis() != null;
        return new QuantConvTranspose2d(layer, input, !perChannel ? weight : layer.groups() == 1 ? weight.edit().axis(1).build() : weight.edit().axis().build());
    }

    /**
     * Registers the quantized form of a class of modules.
     *
     * @throws BitgrainException (usage) if the class has one
     */
    public QuantRegistry register(Class<? extends Module> type, QuantizationRule rule) {
        if (rules.putIfAbsent(type, rule) != null) {
            throw BitgrainException.usage(type.getSimpleName() + " is registered already; use a custom mapping to override it");
        }
        return this;
    }

    Map<Class<? extends Module>, QuantizationRule> rules() {
        return rules;
    }
}
