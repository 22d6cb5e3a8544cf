package io.github.bitgrain.exporter.espdl;

/**
 * Slot numbers and enumeration values of the {@code .espdl} FlatBuffers schema (ESP-DL, {@code fbs_loader/espdl.fbs}).
 * A slot is the position of a field in its table's declaration; its vtable entry lies at byte {@code 4 + 2 · slot}.
 * Only fields that a model file can carry are listed: nobody writes the others.
 */
final class EspdlSchema {

    private EspdlSchema() {
    }

    static final class Model {
        static final int IR_VERSION = 0;
        static final int OPSET_IMPORT = 1;
        static final int MODEL_VERSION = 5;
        static final int GRAPH = 7;
        static final int METADATA_PROPS = 8;
        static final int FIELDS = 10;

        private Model() {
        }
    }

    static final class Graph {
        static final int NODE = 0;
        static final int NAME = 1;
        static final int INITIALIZER = 2;
        static final int INPUT = 4;
        static final int OUTPUT = 5;
        static final int VALUE_INFO = 6;
        static final int TEST_INPUTS_VALUE = 8;
        static final int TEST_OUTPUTS_VALUE = 9;
        static final int FIELDS = 10;

        private Graph() {
        }
    }

    static final class Node {
        static final int INPUT = 0;
        static final int OUTPUT = 1;
        static final int NAME = 2;
        static final int OP_TYPE = 3;
        static final int DOMAIN = 4;
        static final int ATTRIBUTE = 5;
        static final int FIELDS = 7;

        private Node() {
        }
    }

    static final class Attribute {
        static final int NAME = 0;
        static final int ATTR_TYPE = 3;
        static final int F = 4;
        static final int I = 5;
        static final int S = 6;
        static final int T = 7;
        static final int FLOATS = 10;
        static final int INTS = 11;
        static final int STRINGS = 12;
        static final int FIELDS = 16;

        /** Values of {@link #ATTR_TYPE}. */
        static final int TYPE_FLOAT = 1;
        static final int TYPE_INT = 2;
        static final int TYPE_STRING = 3;
        static final int TYPE_TENSOR = 4;
        static final int TYPE_FLOATS = 6;
        static final int TYPE_INTS = 7;
        static final int TYPE_STRINGS = 8;

        private Attribute() {
        }
    }

    static final class Tensor {
        static final int DIMS = 0;
        static final int DATA_TYPE = 1;
        static final int FLOAT_DATA = 2;
        static final int INT32_DATA = 3;
        static final int INT64_DATA = 5;
        static final int NAME = 6;
        static final int DOC_STRING = 7;
        static final int RAW_DATA = 8;
        static final int DOUBLE_DATA = 11;
        static final int UINT64_DATA = 12;
        static final int EXPONENTS = 13;
        static final int FIELDS = 14;

        /** Raw data are counted in blocks of this many bytes and start at a multiple of it. */
        static final int RAW_BLOCK = 16;

        private Tensor() {
        }
    }

    static final class ValueInfo {
        static final int NAME = 0;
        static final int VALUE_INFO_TYPE = 1;
        static final int EXPONENTS = 3;
        static final int FIELDS = 4;

        private ValueInfo() {
        }
    }

    static final class TypeInfo {
        static final int VALUE_TYPE = 0;
        static final int VALUE = 1;
        static final int FIELDS = 3;

        /** The union tag of a tensor; sequences, maps and optionals do not occur. */
        static final int TENSOR_TYPE = 1;

        private TypeInfo() {
        }
    }

    static final class TensorTypeAndShape {
        static final int ELEM_TYPE = 0;
        static final int SHAPE = 1;
        static final int FIELDS = 2;

        private TensorTypeAndShape() {
        }
    }

    static final class TensorShape {
        static final int DIM = 0;
        static final int FIELDS = 1;

        private TensorShape() {
        }
    }

    static final class Dimension {
        static final int VALUE = 0;
        static final int FIELDS = 2;

        private Dimension() {
        }
    }

    static final class DimensionValue {
        static final int DIM_TYPE = 0;
        static final int DIM_VALUE = 1;
        static final int FIELDS = 3;

        /** {@link #DIM_TYPE} of a dimension with a number, the only kind the runtime accepts. */
        static final int TYPE_VALUE = 1;

        private DimensionValue() {
        }
    }

    static final class StringStringEntry {
        static final int KEY = 0;
        static final int VALUE = 1;
        static final int FIELDS = 2;

        private StringStringEntry() {
        }
    }
}
