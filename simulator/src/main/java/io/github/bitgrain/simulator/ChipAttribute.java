package io.github.bitgrain.simulator;

import java.util.List;
import java.util.Objects;

/** The value of a node's attribute. */
public sealed interface ChipAttribute {
    /** One integer. */
    record Int(long value) implements ChipAttribute {}

    /** One real. */
    record Real(float value) implements ChipAttribute {}

    /** A text. */
    record Text(String value) implements ChipAttribute {
        /** Checks the parts. */
        public Text {
            Objects.requireNonNull(value, "value");
        }
    }

    /** A list of integers. */
    record Ints(List<Long> values) implements ChipAttribute {
        /** Copies the list. */
        public Ints {
            values = List.copyOf(values);
        }
    }

    /** A list of reals. */
    record Reals(List<Float> values) implements ChipAttribute {
        /** Copies the list. */
        public Reals {
            values = List.copyOf(values);
        }
    }

    /** A list of texts. */
    record Texts(List<String> values) implements ChipAttribute {
        /** Copies the list. */
        public Texts {
            values = List.copyOf(values);
        }
    }

    /** A tensor. */
    record TensorValue(ChipTensor value) implements ChipAttribute {
        /** Checks the parts. */
        public TensorValue {
            Objects.requireNonNull(value, "value");
        }
    }
}
