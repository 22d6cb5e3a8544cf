package io.github.bitgrain.quantizer.nn;

/** Marks a module whose quantized form is told where it is used: quantization replaces the wrapped module as the rule says. */
public final class QuantizedMapping extends Module {
    private final QuantizationRule rule;

    /** A wrapper. */
    public QuantizedMapping(Module module, QuantizationRule rule) {
        this.rule = rule;
        child(SkipQuantization.FLOAT_MODULE, module);
    }

    /** The wrapped module. */
    public Module floatModule() {
        return child(SkipQuantization.FLOAT_MODULE);
    }

    /** What quantization does with it. */
    public QuantizationRule rule() {
        return rule;
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        return builder.build(this, SkipQuantization.FLOAT_MODULE, x);
    }
}
