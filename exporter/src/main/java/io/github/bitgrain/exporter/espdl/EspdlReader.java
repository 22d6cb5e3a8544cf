package io.github.bitgrain.exporter.espdl;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.exporter.espdl.CheckedBuffer.Vector;
import io.github.bitgrain.exporter.espdl.CheckedBuffer.View;
import io.github.bitgrain.simulator.ChipAttribute;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ChipValue;
import io.github.bitgrain.simulator.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads {@code .espdl} files (containers EDL2 and EDL1, packages PDL1 to PDL3), our own, ESP-PPQ's and older ones. Whatever a file holds, the
 * result is a consistent program or a {@link BitgrainException} (bad input) of one line that names the file, the byte and
 * the reason.
 */
public final class EspdlReader {
    private static final String LAYOUT_NOTE = "layout ==> ";
    private static final int LONGEST_MESSAGE = 1000;

    private final CheckedBuffer buffer;

    private EspdlReader(CheckedBuffer buffer) {
        this.buffer = buffer;
    }

    /**
     * Reads a plain file of one model.
     *
     * @throws BitgrainException (bad input) if the file cannot be read or is no valid model
     */
    public static ChipProgram read(Path file) {
        return read(file, EspdlAccess.PLAIN);
    }

    /**
     * Reads a file that may be encrypted or a package.
     *
     * @throws BitgrainException (bad input) if the file cannot be read or is no valid model; (usage) if a package does not
     *     hold the chosen model
     */
    public static ChipProgram read(Path file, EspdlAccess access) {
        return read(file.toString(), content(file), access);
    }

    /**
     * Whether a model opens with a key only.
     *
     * @param model which model of a package, as in {@link EspdlAccess}
     * @throws BitgrainException as {@link #read(Path, EspdlAccess)} for a broken envelope or a model that is not there
     */
    public static boolean isEncrypted(Path file, String model) {
        return EspdlContainer.isEncrypted(file.toString(), content(file), model);
    }

    private static byte[] content(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new BitgrainException(BitgrainException.Kind.BAD_INPUT, file + ": no such file", e);
        } catch (IOException | OutOfMemoryError e) {
            throw new BitgrainException(
                    BitgrainException.Kind.BAD_INPUT, file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Reads a plain model in memory.
     *
     * @throws BitgrainException (bad input) if this is no valid model
     */
    public static ChipProgram read(String name, byte[] content) {
        return read(name, content, EspdlAccess.PLAIN);
    }

    /**
     * Reads a model in memory.
     *
     * @param name what errors call the model
     * @param content the whole file
     * @throws BitgrainException (bad input) if this is no valid model; (usage) if a package does not hold the chosen model
     */
    public static ChipProgram read(String name, byte[] content, EspdlAccess access) {
        CheckedBuffer buffer = EspdlContainer.open(name, content, access);
        try {
            return new EspdlReader(buffer).model(buffer.root()).build();
        } catch (BitgrainException e) {
            String prefix = e.getMessage().startsWith(name + ": ") ? "" : name + ": ";
            throw new BitgrainException(e.kind(), oneLine(prefix + e.getMessage()), e);
        }
    }

    /** Messages quote names, and a file can name a tensor anything: control characters and texts of any length. */
    private static String oneLine(String message) {
        String line = message.replaceAll("\\p{Cntrl}", "?");
        return line.length() <= LONGEST_MESSAGE ? line : line.substring(0, LONGEST_MESSAGE) + " …";
    }

    private ChipProgram.Builder model(View model) {
        ChipProgram.Builder program = ChipProgram.builder();
        program.irVersion(model.intAt(EspdlSchema.Model.IR_VERSION));
        program.modelVersion(model.longAt(EspdlSchema.Model.MODEL_VERSION));
        for (View entry : model.tablesAt(EspdlSchema.Model.METADATA_PROPS, "StringStringEntry")) {
            program.metadata(
                    entry.stringAt(EspdlSchema.StringStringEntry.KEY), entry.stringAt(EspdlSchema.StringStringEntry.VALUE));
        }
        View graph = model.tableAt(EspdlSchema.Model.GRAPH, "Graph");
        program.name(graph.stringAt(EspdlSchema.Graph.NAME));
        Set<String> names = new HashSet<>();
        for (View tensor : graph.tablesAt(EspdlSchema.Graph.INITIALIZER, "initializer")) {
            ChipTensor parameter = tensor(tensor);
            unique(names, parameter.name(), tensor);
            program.parameter(parameter);
        }
        for (View info : graph.tablesAt(EspdlSchema.Graph.VALUE_INFO, "ValueInfo")) {
            // Older exporters describe an omitted optional input as a value without name and shape.
            if (!info.stringAt(EspdlSchema.ValueInfo.NAME).isEmpty()) {
                ChipValue value = value(info);
                unique(names, value.name(), info);
                program.value(value);
            }
        }
        graphEnds(graph, EspdlSchema.Graph.INPUT, program, names, true);
        graphEnds(graph, EspdlSchema.Graph.OUTPUT, program, names, false);
        for (View node : graph.tablesAt(EspdlSchema.Graph.NODE, "Node")) {
            program.node(node(node));
        }
        return program.testVectors(
                tensors(graph, EspdlSchema.Graph.TEST_INPUTS_VALUE), tensors(graph, EspdlSchema.Graph.TEST_OUTPUTS_VALUE));
    }

    private static void unique(Set<String> names, String name, View where) {
        if (!names.add(name)) {
            throw where.wrong("two tensors have the name \"" + name + "\"");
        }
    }

    private void graphEnds(View graph, int slot, ChipProgram.Builder program, Set<String> names, boolean inputs) {
        for (View info : graph.tablesAt(slot, "ValueInfo")) {
            String name = info.stringAt(EspdlSchema.ValueInfo.NAME);
            if (names.add(name)) {
                program.value(value(info));
            }
            if (inputs) {
                program.input(name);
            } else {
                program.output(name);
            }
        }
    }

    private List<ChipTensor> tensors(View graph, int slot) {
        List<ChipTensor> tensors = new ArrayList<>();
        for (View tensor : graph.tablesAt(slot, "test value")) {
            tensors.add(tensor(tensor));
        }
        return tensors;
    }

    private ChipNode node(View node) {
        String name = node.stringAt(EspdlSchema.Node.NAME);
        if (name.isEmpty()) {
            throw node.wrong("a " + node.stringAt(EspdlSchema.Node.OP_TYPE) + " node has no name");
        }
        SortedMap<String, ChipAttribute> attributes = new TreeMap<>();
        for (View attribute : node.tablesAt(EspdlSchema.Node.ATTRIBUTE, "Attribute")) {
            String key = attribute.stringAt(EspdlSchema.Attribute.NAME);
            if (attributes.put(key, attribute(attribute, name, key)) != null) {
                throw attribute.wrong("node \"" + name + "\" has the attribute " + key + " twice");
            }
        }
        return new ChipNode(
                name,
                node.stringAt(EspdlSchema.Node.OP_TYPE),
                node.stringAt(EspdlSchema.Node.DOMAIN),
                Arrays.asList(node.stringsAt(EspdlSchema.Node.INPUT)),
                Arrays.asList(node.stringsAt(EspdlSchema.Node.OUTPUT)),
                attributes);
    }

    private ChipAttribute attribute(View attribute, String node, String key) {
        int type = attribute.intAt(EspdlSchema.Attribute.ATTR_TYPE);
        return switch (type) {
            case EspdlSchema.Attribute.TYPE_FLOAT ->
                    new ChipAttribute.Real(attribute.floatAt(EspdlSchema.Attribute.F));
            case EspdlSchema.Attribute.TYPE_INT -> new ChipAttribute.Int(attribute.longAt(EspdlSchema.Attribute.I));
            case EspdlSchema.Attribute.TYPE_STRING ->
                    new ChipAttribute.Text(attribute.textAt(EspdlSchema.Attribute.S));
            case EspdlSchema.Attribute.TYPE_TENSOR ->
                    new ChipAttribute.TensorValue(tensor(attribute.tableAt(EspdlSchema.Attribute.T, "Tensor")));
            case EspdlSchema.Attribute.TYPE_FLOATS -> {
                List<Float> values = new ArrayList<>();
                for (float value : attribute.floatsAt(EspdlSchema.Attribute.FLOATS)) {
                    values.add(value);
                }
                yield new ChipAttribute.Reals(values);
            }
            case EspdlSchema.Attribute.TYPE_INTS -> new ChipAttribute.Ints(
                    Arrays.stream(attribute.longsAt(EspdlSchema.Attribute.INTS)).boxed().toList());
            case EspdlSchema.Attribute.TYPE_STRINGS ->
                    new ChipAttribute.Texts(Arrays.asList(attribute.stringsAt(EspdlSchema.Attribute.STRINGS)));
            default -> throw attribute.wrong(
                    "node \"" + node + "\": attribute " + key + " has the kind " + type + ", which no chip operator reads");
        };
    }

    private ChipValue value(View info) {
        String name = info.stringAt(EspdlSchema.ValueInfo.NAME);
        View typeInfo = info.tableAt(EspdlSchema.ValueInfo.VALUE_INFO_TYPE, "type");
        int kind = typeInfo.byteAt(EspdlSchema.TypeInfo.VALUE_TYPE);
        if (kind != EspdlSchema.TypeInfo.TENSOR_TYPE) {
            throw typeInfo.wrong("value \"" + name + "\" is no tensor (kind " + kind + ")");
        }
        View tensor = typeInfo.tableAt(EspdlSchema.TypeInfo.VALUE, "tensor type");
        ElementType type = elementType(tensor, EspdlSchema.TensorTypeAndShape.ELEM_TYPE, name);
        View shape = tensor.tableAt(EspdlSchema.TensorTypeAndShape.SHAPE, "shape");
        List<Integer> dims = new ArrayList<>();
        for (View dimension : shape.tablesAt(EspdlSchema.TensorShape.DIM, "Dimension")) {
            View extent = dimension.tableAt(EspdlSchema.Dimension.VALUE, "extent");
            if (extent.byteAt(EspdlSchema.DimensionValue.DIM_TYPE) != EspdlSchema.DimensionValue.TYPE_VALUE) {
                throw extent.wrong("value \"" + name + "\" has a dimension without a fixed extent");
            }
            dims.add(dimension(extent.longAt(EspdlSchema.DimensionValue.DIM_VALUE), extent, name));
        }
        elementCount(dims, shape, name);
        Exponents exponents = exponents(info, EspdlSchema.ValueInfo.EXPONENTS, name);
        if (exponents.count() != 1) {
            throw info.wrong("value \"" + name + "\" has " + exponents.count() + " exponents instead of 1");
        }
        return new ChipValue(name, type, dims, exponents.single());
    }

    private ChipTensor tensor(View tensor) {
        String name = tensor.stringAt(EspdlSchema.Tensor.NAME);
        ElementType type = elementType(tensor, EspdlSchema.Tensor.DATA_TYPE, name);
        List<Integer> dims = new ArrayList<>();
        for (long dim : tensor.longsAt(EspdlSchema.Tensor.DIMS)) {
            dims.add(dimension(dim, tensor, name));
        }
        long bytes = elementCount(dims, tensor, name) * type.bytes();
        String note = tensor.stringAt(EspdlSchema.Tensor.DOC_STRING);
        String layout = note.startsWith(LAYOUT_NOTE) ? note.substring(LAYOUT_NOTE.length()) : "";
        return ChipTensor.of(
                name, type, dims, exponents(tensor, EspdlSchema.Tensor.EXPONENTS, name), layout, data(tensor, type, bytes, name));
    }

    private byte[] data(View tensor, ElementType type, long bytes, String name) {
        if (tensor.has(EspdlSchema.Tensor.RAW_DATA)) {
            Vector blocks = tensor.vectorAt(EspdlSchema.Tensor.RAW_DATA, EspdlSchema.Tensor.RAW_BLOCK);
            long stored = (long) blocks.count() * EspdlSchema.Tensor.RAW_BLOCK;
            if (bytes > stored || stored - bytes >= EspdlSchema.Tensor.RAW_BLOCK) {
                throw tensor.wrong("tensor \"" + name + "\" needs " + bytes + " bytes, " + stored + " are stored");
            }
            return tensor.bytesOf(blocks, (int) bytes);
        }
        return typedData(tensor, type, bytes, name);
    }

    /** The fields that hold elements one by one: tensors without elements, and writers other than ESP-PPQ. */
    private byte[] typedData(View tensor, ElementType type, long bytes, String name) {
        int slot = typedSlot(type);
        int width = switch (slot) {
            case EspdlSchema.Tensor.FLOAT_DATA, EspdlSchema.Tensor.INT32_DATA -> Integer.BYTES;
            default -> Long.BYTES;
        };
        Vector vector = tensor.vectorAt(slot, width);
        if ((long) vector.count() * type.bytes() != bytes) {
            throw tensor.wrong("tensor \"" + name + "\" needs " + bytes / type.bytes() + " elements, "
                    + vector.count() + " are stored");
        }
        ByteBuffer stored = ByteBuffer.wrap(tensor.bytesOf(vector, vector.count() * width)).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer data = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < vector.count(); i++) {
            // Little-endian: the low bytes of the wide element are the narrow one.
            for (int b = 0; b < type.bytes(); b++) {
                data.put(stored.get(i * width + b));
            }
        }
        return data.array();
    }

    static int typedSlot(ElementType type) {
        return switch (type) {
            case FLOAT32 -> EspdlSchema.Tensor.FLOAT_DATA;
            case INT8, UINT8, INT16, UINT16, INT32, BOOL, FLOAT16 -> EspdlSchema.Tensor.INT32_DATA;
            case INT64 -> EspdlSchema.Tensor.INT64_DATA;
            case FLOAT64 -> EspdlSchema.Tensor.DOUBLE_DATA;
            case UINT32, UINT64 -> EspdlSchema.Tensor.UINT64_DATA;
        };
    }

    private static ElementType elementType(View where, int slot, String name) {
        int code = where.intAt(slot);
        ElementType type = ElementCodes.type(code);
        if (type == null) {
            throw where.wrong("\"" + name + "\" has the unknown element type " + code);
        }
        return type;
    }

    private static int dimension(long extent, View where, String name) {
        if (extent < 0 || extent > Integer.MAX_VALUE) {
            throw where.wrong("\"" + name + "\" has a dimension of " + extent);
        }
        return (int) extent;
    }

    private static long elementCount(List<Integer> dims, View where, String name) {
        long count = 1;
        for (int dim : dims) {
            count = count * dim;
            if (count > Integer.MAX_VALUE) {
                throw where.wrong("\"" + name + "\" has too many elements: " + dims);
            }
        }
        return count;
    }

    private static Exponents exponents(View where, int slot, String name) {
        long[] stored = where.longsAt(slot);
        if (stored.length == 0) {
            return ChipTensor.NOT_QUANTIZED;
        }
        int[] exponents = new int[stored.length];
        for (int i = 0; i < exponents.length; i++) {
            if (stored[i] != (int) stored[i]) {
                throw where.wrong("\"" + name + "\" has the exponent " + stored[i]);
            }
            exponents[i] = (int) stored[i];
        }
        return Exponents.of(exponents);
    }
}
