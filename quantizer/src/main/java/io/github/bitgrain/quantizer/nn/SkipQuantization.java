package io.github.bitgrain.quantizer.nn;

/** Marks a module that stays float: quantization puts the module itself in the place of this wrapper and leaves it alone. */
public final class SkipQuantization extends Module {
    /** Name of the wrapped child. */
    static final String FLOAT_MODULE = "float_module";

    /** A wrapper. */
    public SkipQuantization(Module module) {
        child(FLOAT_MODULE, module);
    }

    /** The wrapped module. */
    public Module floatModule() {
        return child(FLOAT_MODULE);
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        return builder.build(this, FLOAT_MODULE, x);
    }
}
