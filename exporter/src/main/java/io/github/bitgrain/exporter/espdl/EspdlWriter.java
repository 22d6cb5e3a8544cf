package io.github.bitgrain.exporter.espdl;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.simulator.ChipAttribute;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ChipValue;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * Writes programs as {@code .espdl} files (container EDL2). The same program gives the same bytes. Objects are created in
 * the order in which ESP-PPQ creates them, except that parameters and values, which ESP-PPQ takes in hash order, come in
 * the order of their first use.
 */
public final class EspdlWriter {
    private static final String LAYOUT_NOTE = "layout ==> ";

    /** Bytes of a table, its vtable and its strings, roughly: only the first size of a buffer that grows as needed. */
    private static final int EXPECTED_BYTES_PER_OBJECT = 256;

    private final ChipProgram program;
    private final ModelBuilder out;

    private EspdlWriter(ChipProgram program) {
        this.program = program;
        long data = program.parameters().values().stream().mapToLong(ChipTensor::sizeInBytes).sum();
        long objects = program.parameters().size() + 2L * program.values().size() + 4L * program.nodes().size() + 16;
        this.out = new ModelBuilder(Math.toIntExact(Math.min(1 << 30, data + objects * EXPECTED_BYTES_PER_OBJECT)));
    }

    /** The file as bytes. */
    public static byte[] write(ChipProgram program) {
        return EspdlContainer.enclose(new EspdlWriter(program).model());
    }

    /**
     * Writes a file. Nothing is left behind when that fails; an existing file is replaced only by a complete one.
     *
     * @throws BitgrainException (cannot write) if the file cannot be written
     */
    public static void write(ChipProgram program, Path file) {
        WholeFile.write(file, write(program));
    }

    private ByteBuffer model() {
        Map<String, Integer> variables = new HashMap<>();
        Set<String> tables = tableNames();
        for (String table : tables) {
            variables.put(table, tensor(program.parameters().get(table)));
        }
        int[] nodes = program.nodes().stream().mapToInt(this::node).toArray();
        for (String name : variablesByUse()) {
            if (!tables.contains(name)) {
                ChipTensor parameter = program.parameters().get(name);
                variables.put(name, parameter != null ? tensor(parameter) : value(program.value(name)));
            }
        }
        int[] testInputs = all(program.testInputs(), this::tensor);
        int[] testOutputs = all(program.testOutputs(), this::tensor);
        int graph = graph(nodes, variables, testInputs, testOutputs);
        int[] metadata = all(program.metadata().entrySet(), this::entry);
        int opsets = out.offsets(new int[0]);
        int metadataVector = metadata.length == 0 ? 0 : out.offsets(metadata);
        return out.finish(out.table(EspdlSchema.Model.FIELDS)
                .offset(EspdlSchema.Model.GRAPH, graph)
                .offset(EspdlSchema.Model.OPSET_IMPORT, opsets)
                .intField(EspdlSchema.Model.IR_VERSION, program.irVersion())
                .longField(EspdlSchema.Model.MODEL_VERSION, program.modelVersion())
                .offset(EspdlSchema.Model.METADATA_PROPS, metadataVector)
                .end());
    }

    private int graph(int[] nodes, Map<String, Integer> variables, int[] testInputs, int[] testOutputs) {
        int name = out.string(program.name());
        ToIntFunction<String> offset = variables::get;
        int initializer = out.offsets(all(program.parameters().keySet(), offset));
        int valueInfo = out.offsets(all(program.values().keySet(), offset));
        int testIn = out.offsets(testInputs);
        int testOut = out.offsets(testOutputs);
        int node = out.offsets(nodes);
        int input = out.offsets(all(program.inputs(), offset));
        int output = out.offsets(all(program.outputs(), offset));
        return out.table(EspdlSchema.Graph.FIELDS)
                .offset(EspdlSchema.Graph.INITIALIZER, initializer)
                .offset(EspdlSchema.Graph.VALUE_INFO, valueInfo)
                .offset(EspdlSchema.Graph.TEST_INPUTS_VALUE, testIn)
                .offset(EspdlSchema.Graph.TEST_OUTPUTS_VALUE, testOut)
                .offset(EspdlSchema.Graph.NODE, node)
                .offset(EspdlSchema.Graph.NAME, name)
                .offset(EspdlSchema.Graph.INPUT, input)
                .offset(EspdlSchema.Graph.OUTPUT, output)
                .end();
    }

    private static <T> int[] all(Collection<T> items, ToIntFunction<T> offset) {
        return items.stream().mapToInt(offset).toArray();
    }

    private Set<String> tableNames() {
        Set<String> names = new LinkedHashSet<>();
        for (ChipNode node : program.nodes()) {
            String table = node.attributes().get(ChipNode.LUT) instanceof ChipAttribute.Text text ? text.value() : "";
            if (program.parameters().containsKey(table)) {
                names.add(table);
            }
        }
        return names;
    }

    private Set<String> variablesByUse() {
        Set<String> names = new LinkedHashSet<>(program.inputs());
        for (ChipNode node : program.nodes()) {
            node.inputs().stream().filter(input -> !input.isEmpty()).forEach(names::add);
            node.outputs().stream().filter(output -> !output.isEmpty()).forEach(names::add);
        }
        names.addAll(program.parameters().keySet());
        names.addAll(program.values().keySet());
        return names;
    }

    private int node(ChipNode node) {
        int type = out.string(node.opType());
        int inputs = out.strings(node.inputs());
        int outputs = out.strings(node.outputs());
        int name = out.string(node.name());
        int domain = node.domain().isEmpty() ? 0 : out.string(node.domain());
        int attributes = out.offsets(all(node.attributes().entrySet(), this::attribute));
        return out.table(EspdlSchema.Node.FIELDS)
                .offset(EspdlSchema.Node.INPUT, inputs)
                .offset(EspdlSchema.Node.OUTPUT, outputs)
                .offset(EspdlSchema.Node.NAME, name)
                .offset(EspdlSchema.Node.OP_TYPE, type)
                .offset(EspdlSchema.Node.DOMAIN, domain)
                .offset(EspdlSchema.Node.ATTRIBUTE, attributes)
                .end();
    }

    private int attribute(Map.Entry<String, ChipAttribute> attribute) {
        int name = out.string(attribute.getKey());
        return switch (attribute.getValue()) {
            case ChipAttribute.Int(long value) -> out.table(EspdlSchema.Attribute.FIELDS)
                    .offset(EspdlSchema.Attribute.NAME, name)
                    .longStruct(EspdlSchema.Attribute.I, value)
                    .intField(EspdlSchema.Attribute.ATTR_TYPE, EspdlSchema.Attribute.TYPE_INT)
                    .end();
            case ChipAttribute.Real(float value) -> out.table(EspdlSchema.Attribute.FIELDS)
                    .offset(EspdlSchema.Attribute.NAME, name)
                    .floatStruct(EspdlSchema.Attribute.F, value)
                    .intField(EspdlSchema.Attribute.ATTR_TYPE, EspdlSchema.Attribute.TYPE_FLOAT)
                    .end();
            case ChipAttribute.Text(String value) ->
                    attribute(name, EspdlSchema.Attribute.S, out.text(value), EspdlSchema.Attribute.TYPE_STRING);
            case ChipAttribute.Ints(List<Long> values) -> attribute(name, EspdlSchema.Attribute.INTS,
                    out.longs(values.stream().mapToLong(Long::longValue).toArray()), EspdlSchema.Attribute.TYPE_INTS);
            case ChipAttribute.Reals(List<Float> values) ->
                    attribute(name, EspdlSchema.Attribute.FLOATS, out.floats(values), EspdlSchema.Attribute.TYPE_FLOATS);
            case ChipAttribute.Texts(List<String> values) ->
                    attribute(name, EspdlSchema.Attribute.STRINGS, out.strings(values), EspdlSchema.Attribute.TYPE_STRINGS);
            case ChipAttribute.TensorValue(ChipTensor value) ->
                    attribute(name, EspdlSchema.Attribute.T, tensor(value), EspdlSchema.Attribute.TYPE_TENSOR);
        };
    }

    private int attribute(int name, int slot, int value, int type) {
        return out.table(EspdlSchema.Attribute.FIELDS)
                .offset(EspdlSchema.Attribute.NAME, name)
                .offset(slot, value)
                .intField(EspdlSchema.Attribute.ATTR_TYPE, type)
                .end();
    }

    private int tensor(ChipTensor tensor) {
        int name = out.string(tensor.name());
        int dims = out.longs(longs(tensor.dims()));
        int exponents = exponents(tensor.exponents().toArray());
        int note = tensor.layout().isEmpty() ? 0 : out.string(LAYOUT_NOTE + tensor.layout());
        boolean empty = tensor.count() == 0;
        int data = empty ? emptyVector(tensor) : out.blocks(tensor.data());
        int dataSlot = empty ? EspdlReader.typedSlot(tensor.type()) : EspdlSchema.Tensor.RAW_DATA;
        return out.table(EspdlSchema.Tensor.FIELDS)
                .intField(EspdlSchema.Tensor.DATA_TYPE, ElementCodes.of(tensor.type()))
                .offset(EspdlSchema.Tensor.NAME, name)
                .offset(EspdlSchema.Tensor.DOC_STRING, note)
                .offset(dataSlot, data)
                .offset(EspdlSchema.Tensor.DIMS, dims)
                .offset(EspdlSchema.Tensor.EXPONENTS, exponents)
                .end();
    }

    /** A tensor without elements has no raw data; its typed field says that it is empty on purpose. */
    private int emptyVector(ChipTensor tensor) {
        return switch (EspdlReader.typedSlot(tensor.type())) {
            case EspdlSchema.Tensor.FLOAT_DATA, EspdlSchema.Tensor.INT32_DATA -> out.floats(List.of());
            default -> out.longs();
        };
    }

    private int value(ChipValue value) {
        int name = out.string(value.name());
        int[] extents = all(value.shape(), extent -> out.table(EspdlSchema.DimensionValue.FIELDS)
                .byteField(EspdlSchema.DimensionValue.DIM_TYPE, EspdlSchema.DimensionValue.TYPE_VALUE)
                .longField(EspdlSchema.DimensionValue.DIM_VALUE, extent)
                .end());
        int[] dims = new int[extents.length];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = out.table(EspdlSchema.Dimension.FIELDS).offset(EspdlSchema.Dimension.VALUE, extents[i]).end();
        }
        int dimVector = out.offsets(dims);
        int shape = out.table(EspdlSchema.TensorShape.FIELDS).offset(EspdlSchema.TensorShape.DIM, dimVector).end();
        int tensor = out.table(EspdlSchema.TensorTypeAndShape.FIELDS)
                .offset(EspdlSchema.TensorTypeAndShape.SHAPE, shape)
                .intField(EspdlSchema.TensorTypeAndShape.ELEM_TYPE, ElementCodes.of(value.type()))
                .end();
        int type = out.table(EspdlSchema.TypeInfo.FIELDS)
                .byteField(EspdlSchema.TypeInfo.VALUE_TYPE, EspdlSchema.TypeInfo.TENSOR_TYPE)
                .offset(EspdlSchema.TypeInfo.VALUE, tensor)
                .end();
        int exponents = out.longs(value.exponent());
        return out.table(EspdlSchema.ValueInfo.FIELDS)
                .offset(EspdlSchema.ValueInfo.NAME, name)
                .offset(EspdlSchema.ValueInfo.VALUE_INFO_TYPE, type)
                .offset(EspdlSchema.ValueInfo.EXPONENTS, exponents)
                .end();
    }

    private int entry(Map.Entry<String, String> entry) {
        int key = out.string(entry.getKey());
        int value = out.string(entry.getValue());
        return out.table(EspdlSchema.StringStringEntry.FIELDS)
                .offset(EspdlSchema.StringStringEntry.KEY, key)
                .offset(EspdlSchema.StringStringEntry.VALUE, value)
                .end();
    }

    private int exponents(int[] exponents) {
        long[] values = new long[exponents.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = exponents[i];
        }
        return out.longs(values);
    }

    private static long[] longs(List<Integer> values) {
        return values.stream().mapToLong(Integer::longValue).toArray();
    }
}
