package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.BitgrainException;
import java.util.Objects;

/**
 * How a network with quantizers becomes an ONNX file with QuantizeLinear and DequantizeLinear.
 *
 * @param profile whose rules the file follows
 * @param weights how quantized parameters are stored
 * @param opset operator set, {@value OnnxWriter#OPSET} to 21; 0 for the oldest that suffices, at least {@value #USUAL_OPSET}
 */
public record QdqOptions(Profile profile, Weights weights, int opset) {
    static final int USUAL_OPSET = 17;
    static final int WORDS_OPSET = 21;

    /** Whose rules the file follows. */
    public enum Profile {
        /** Signed 8-bit integers with zero point 0 alone; biases stay float; weights in float before their quantizer. */
        TENSORRT,
        /**
         * What ONNX Runtime fuses into integer operators on CPUs: activations in unsigned integers (the same grid, zero point 128),
         * biases as 32-bit integers, a quantizer between an operator and its activation function.
         */
        ORT_CPU
    }

    /** How quantized parameters are stored. Both evaluate to the same bits. */
    public enum Weights {
        /** Floats, then QuantizeLinear and DequantizeLinear. */
        FLOAT_QDQ,
        /** Integers, then DequantizeLinear: a quarter of the size. */
        INT8_DQ
    }

    /** Checks the operator set. */
    public QdqOptions {
        Objects.requireNonNull(profile, "profile");
        Objects.requireNonNull(weights, "weights");
        if (opset != 0 && (opset < OnnxWriter.OPSET || opset > WORDS_OPSET)) {
            throw BitgrainException.usage("operator set " + opset + ": QuantizeLinear with an axis needs at least " + OnnxWriter.OPSET
                    + ", and the newest that is written is " + WORDS_OPSET);
        }
    }

    /** A profile with its usual storage and operator set. */
    public static QdqOptions of(Profile profile) {
        return new QdqOptions(profile, profile == Profile.TENSORRT ? Weights.FLOAT_QDQ : Weights.INT8_DQ, 0);
    }
}
