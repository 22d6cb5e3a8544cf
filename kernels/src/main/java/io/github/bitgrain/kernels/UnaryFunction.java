package io.github.bitgrain.kernels;

/** Functions of one variable; {@code p} and {@code q} are the parameters that a function names, unused otherwise. */
public enum UnaryFunction {
    /** {@code max(x, 0)}; derivative 0 at 0. */
    RELU,
    /** {@code x >= 0 ? x : p x}. */
    LEAKY_RELU,
    /** {@code min(max(x, p), q)}; derivative 1 on the closed interval. */
    CLIP,
    /** {@code 1 / (1 + exp(-x))}. */
    SIGMOID,
    /** Hyperbolic tangent. */
    TANH,
    /** {@code x sigmoid(x)}. */
    SWISH,
    /** {@code clip(p x + q, 0, 1)}. */
    HARD_SIGMOID,
    /** {@code x clip(x / 6 + 1/2, 0, 1)}. */
    HARD_SWISH,
    /** {@code x >= 0 ? x : p (exp(x) - 1)}. */
    ELU,
    /** {@code x Φ(x)}, Φ the normal distribution, exact form. */
    GELU,
    /** {@code x Φ(x)} with the usual tanh approximation. */
    GELU_TANH,
    /** Exponential. */
    EXP,
    /** Natural logarithm. */
    LOG,
    /** Square root; derivative 0 at 0, where its slope has no end and quantized values often are. */
    SQRT,
    /** {@code 1 / x}. */
    RECIPROCAL,
    /** {@code -x}. */
    NEGATE,
    /** {@code |x|}; derivative 0 at 0. */
    ABS,
    /** Error function. */
    ERF
}
