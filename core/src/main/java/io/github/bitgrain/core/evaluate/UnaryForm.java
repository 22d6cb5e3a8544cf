package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.*;
import io.github.bitgrain.kernels.UnaryFunction;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * An operator of one variable as a kernel function with its parameters; evaluation and gradient both follow from it.
 *
 * @param function kernel function
 * @param p first parameter of the function
 * @param q second parameter of the function
 */
public record UnaryForm(UnaryFunction function, float p, float q) {
    private static final Map<Class<? extends Op>, Function<Op, UnaryForm>> TABLE = new LinkedHashMap<>();

    static {
        plain(Relu.class, UnaryFunction.RELU);
        plain(Sigmoid.class, UnaryFunction.SIGMOID);
        plain(Tanh.class, UnaryFunction.TANH);
        plain(HardSwish.class, UnaryFunction.HARD_SWISH);
        plain(Swish.class, UnaryFunction.SWISH);
        plain(Exp.class, UnaryFunction.EXP);
        plain(Log.class, UnaryFunction.LOG);
        plain(Sqrt.class, UnaryFunction.SQRT);
        plain(Neg.class, UnaryFunction.NEGATE);
        plain(Abs.class, UnaryFunction.ABS);
        plain(Reciprocal.class, UnaryFunction.RECIPROCAL);
        plain(Erf.class, UnaryFunction.ERF);
        form(LeakyRelu.class, op -> new UnaryForm(UnaryFunction.LEAKY_RELU, op.alpha(), 0f));
        form(Clip.class, op -> new UnaryForm(UnaryFunction.CLIP, op.min(), op.max()));
        form(HardSigmoid.class, op -> new UnaryForm(UnaryFunction.HARD_SIGMOID, op.alpha(), op.beta()));
        form(Elu.class, op -> new UnaryForm(UnaryFunction.ELU, op.alpha(), 0f));
        form(Gelu.class, op -> new UnaryForm(op.tanh() ? UnaryFunction.GELU_TANH : UnaryFunction.GELU, 0f, 0f));
    }

    /** The operators that have such a form. */
    public static Set<Class<? extends Op>> operators() {
        return TABLE.keySet();
    }

    /** The form of an operator. */
    public static UnaryForm of(Op op) {
        return TABLE.get(op.getClass()).apply(op);
    }

    private static void plain(Class<? extends Op> type, UnaryFunction function) {
        TABLE.put(type, op -> new UnaryForm(function, 0f, 0f));
    }

    private static <O extends Op> void form(Class<O> type, Function<O, UnaryForm> form) {
        TABLE.put(type, op -> form.apply(type.cast(op)));
    }
}
