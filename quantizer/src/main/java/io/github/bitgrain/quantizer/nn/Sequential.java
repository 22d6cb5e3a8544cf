package io.github.bitgrain.quantizer.nn;

/** Modules one after the other; the children are called 0, 1, … unless they are given names. */
public final class Sequential extends Module {
    /** Modules in order. */
    public Sequential(Module... modules) {
        for (Module module : modules) {
            add(module);
        }
    }

    /** Appends a module under its number. */
    public Sequential add(Module module) {
        return add(Integer.toString(children().size()), module);
    }

    /** Appends a module under a name. */
    public Sequential add(String name, Module module) {
        child(name, module);
        return this;
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        String value = x;
        for (String name : children().keySet()) {
            value = builder.build(this, name, value);
        }
        return value;
    }
}
