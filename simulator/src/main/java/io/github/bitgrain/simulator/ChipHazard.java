package io.github.bitgrain.simulator;

/**
 * A node of a program that the chip does not compute as its operator means, or not in a defined way.
 *
 * @param kind what kind of defect
 * @param node name of the node
 * @param operator its operator
 * @param reason what is wrong with this node on this target
 * @param simulated what the simulator does with the node
 */
public record ChipHazard(Kind kind, String node, String operator, String reason, Simulated simulated) {
    /** What the simulator does with such a node. */
    public enum Simulated {
        /** The chip's own, defective result: what the device shows is what the simulator shows. */
        AS_THE_CHIP("computed as on the chip"),
        /** What the chip leaves is no fact to reproduce; the operator's meaning is computed instead. */
        AS_THE_MODEL_MEANS("computed as the model means it; the device will differ"),
        /** No choice makes sense. */
        REFUSED("refused");

        private final String text;

        Simulated(String text) {
            this.text = text;
        }

        /** In words. */
        public String text() {
            return text;
        }
    }

    /** The defects. */
    public enum Kind {
        /** ESP-DL's loader does not know the operator: the file does not load. */
        NOT_LOADABLE("the loader does not know the operator"),
        /** The kernel leaves its output, or the end of it, as it was. */
        UNWRITTEN_OUTPUT("output not written"),
        /** The kernel reads or writes in front of or behind a buffer. */
        OUT_OF_BOUNDS("beyond the memory of a tensor"),
        /** The kernel computes with registers that it has not loaded. */
        UNLOADED_REGISTERS("fewer channels than lanes"),
        /** A grouped convolution that is not depthwise runs as depthwise. */
        GROUPED_CONVOLUTION("1 < groups < channels"),
        /** The accumulator would have to be shifted left, or farther than the register is wide. */
        SHIFT_RANGE("shift to the left or beyond the register"),
        /** An exponent from which the chip cannot form a scale. */
        EXPONENT_RANGE("exponent beyond ±30"),
        /** Several weight exponents where the kernel has no table for them. */
        PER_CHANNEL_WEIGHTS("weight exponents per channel"),
        /** The kernel works on raw integers although exponents differ. */
        UNEQUAL_EXPONENTS("exponents that differ"),
        /** Positive values are not brought to the output's exponent. */
        LOST_SCALE("output exponent unlike the input's"),
        /** A result outside the range keeps its low bits instead of saturating. */
        WRAPPED_RESULT("results outside the range wrap"),
        /** A multiplier {@code 2^n} does not fit the lane that it is loaded into. */
        NARROW_MULTIPLIER("large left shift of more than 50 elements"),
        /** The kernel loads fewer bits of a bias than it has. */
        TRUNCATED_BIAS("bias wider than the accumulator's load"),
        /** The kernel ignores an attribute that changes the result. */
        IGNORED_ATTRIBUTE("attribute that the kernel ignores"),
        /** Floats are truncated on their way. */
        TRUNCATED_FLOATS("floats that pass through an integer"),
        /** Elements come out in another order than ONNX says. */
        ELEMENT_ORDER("elements in another order than ONNX's"),
        /** Operands and attributes do not fit together. */
        MALFORMED("operands that do not fit");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        /** When it happens, in a few words. */
        public String text() {
            return text;
        }
    }
}
