package io.github.bitgrain.simulator;

import io.github.bitgrain.core.quant.Exponents;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Builds programs of 8-bit feature maps of one size, for tests. */
final class MapNet {
    static final int SIZE = 4;
    private static final int EXPONENT = -3;

    private final ChipProgram.Builder program = ChipProgram.builder().name("maps");
    private final Random random;
    private final List<String> names = new ArrayList<>();
    private final List<Integer> channels = new ArrayList<>();
    private int nodes;

    MapNet(long seed) {
        random = new Random(seed);
    }

    /** A graph input. */
    String input(int count) {
        String name = value(count);
        program.input(name);
        return name;
    }

    private String value(int count) {
        String name = "v" + names.size();
        names.add(name);
        channels.add(count);
        program.value(new ChipValue(name, ElementType.INT8, List.of(1, SIZE, SIZE, count), EXPONENT));
        return name;
    }

    private int channels(String name) {
        return channels.get(names.indexOf(name));
    }

    private String node(String type, SortedMap<String, ChipAttribute> attributes, int count, String... inputs) {
        String result = value(count);
        node(type, attributes, List.of(result), inputs);
        return result;
    }

    private void node(String type, SortedMap<String, ChipAttribute> attributes, List<String> results, String... inputs) {
        attributes.put(ChipNode.QUANT_TYPE, new ChipAttribute.Text("S8"));
        program.node(new ChipNode("node" + nodes++, type, "", List.of(inputs), results, attributes));
    }

    private static SortedMap<String, ChipAttribute> with(String name, Long... values) {
        return new TreeMap<>(Map.of(name, values.length == 1 ? new ChipAttribute.Int(values[0]) : new ChipAttribute.Ints(List.of(values))));
    }

    private String parameter(ElementType type, List<Integer> dims, int exponent, long... values) {
        String name = "p" + nodes;
        program.parameter(ChipTensor.ofLongs(name + type, type, dims, Exponents.of(exponent), "", values));
        return name + type;
    }

    /** A convolution by 1, whose result is held as whole floats, or not, because of a bias beyond what is exact. */
    String conv(String x, int count, boolean asWholes) {
        long[] weights = random.longs((long) channels(x) * count, -8, 9).toArray();
        String w = parameter(ElementType.INT8, List.of(1, 1, channels(x), count), 3, weights);
        long[] bias = new long[count];
        Arrays.fill(bias, asWholes ? 5 : 1 << 24);
        // 16 · (2^24 + …) is more than single precision tells apart; the shift is the same.
        String b = parameter(ElementType.INT32, List.of(count), 3 + EXPONENT, bias);
        return node("Conv", new TreeMap<>(), count, x, w, b);
    }

    String maxPool(String x) {
        SortedMap<String, ChipAttribute> attributes = with("kernel_shape", 3L, 3L);
        attributes.putAll(with("pads", 1L, 1L, 1L, 1L));
        attributes.putAll(with("strides", 1L, 1L));
        return node("MaxPool", attributes, channels(x), x);
    }

    String add(String a, String b) {
        return node(random.nextBoolean() ? "Add" : "Sub", new TreeMap<>(), channels(a), a, b);
    }

    String table(String x, boolean limit) {
        long[] table = limit ? new long[256] : random.longs(256, -128, 128).toArray();
        for (int i = 128; limit && i < 256; i++) {
            table[i] = i - 128;
        }
        SortedMap<String, ChipAttribute> attributes = new TreeMap<>();
        attributes.put(ChipNode.LUT, new ChipAttribute.Text(parameter(ElementType.INT8, List.of(256), EXPONENT, table)));
        return node("Clip", attributes, channels(x), x);
    }

    String resize(String x) {
        program.parameter(ChipTensor.ofFloats("s" + nodes, List.of(4), "UNK", 1f, 1f, 1f, 1f));
        SortedMap<String, ChipAttribute> attributes = new TreeMap<>();
        attributes.put("mode", new ChipAttribute.Text("nearest"));
        return node("Resize", attributes, channels(x), x, "", "s" + nodes);
    }

    /** Works on integers only. */
    String negate(String x) {
        return node("Neg", new TreeMap<>(), channels(x), x);
    }

    String copy(String type, String x) {
        return node(type, new TreeMap<>(), channels(x), x);
    }

    String turn(String x) {
        return node("Transpose", with("perm", 0L, 2L, 1L, 3L), channels(x), x);
    }

    String concat(String... parts) {
        return node("Concat", with("axis", random.nextBoolean() ? 3L : -1L), Arrays.stream(parts).mapToInt(this::channels).sum(), parts);
    }

    List<String> split(String x, int... counts) {
        List<String> parts = Arrays.stream(counts).mapToObj(this::value).toList();
        String sizes = parameter(ElementType.INT64, List.of(counts.length), 0, Arrays.stream(counts).asLongStream().toArray());
        node("Split", with("axis", 3L), parts, x, sizes);
        return parts;
    }

    void output(String name) {
        program.output(name);
    }

    ChipProgram build() {
        return program.build();
    }

    /** Any program: sixteens of channels and others, whole floats and integers, nested Concats and Splits. */
    static ChipProgram random(long seed, int length) {
        MapNet net = new MapNet(seed);
        Random random = net.random;
        net.conv(net.input(random.nextBoolean() ? 16 : 3), 32, true);
        for (int i = 0; i < length; i++) {
            String x = net.any();
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> net.conv(x, random.nextInt(4) == 0 ? random.nextInt(1, 40) : 16 * random.nextInt(1, 4), random.nextInt(5) > 0);
                case 3 -> net.maxPool(x);
                case 4 -> net.add(x, net.likeness(x));
                case 5 -> net.table(x, random.nextBoolean());
                case 6 -> net.resize(x);
                case 7 -> net.negate(x);
                case 8 -> net.copy(random.nextBoolean() ? "Identity" : "RequantizeLinear", x);
                case 9 -> net.turn(x);
                case 10 -> net.concat(random.ints(random.nextInt(1, 4)).mapToObj(ignored -> net.any()).toArray(String[]::new));
                default -> net.takeApart(x);
            }
        }
        for (int i = 0; i < 3; i++) {
            String name = net.any();
            if (!net.program.build().outputs().contains(name) && !net.program.build().inputs().contains(name)) {
                net.output(name);
            }
        }
        return net.build();
    }

    /** Splits, and joins the parts again, perhaps with something else, where they are enough. */
    private void takeApart(String x) {
        int count = channels(x);
        if (count < 2) {
            return;
        }
        int first = count > 16 && random.nextInt(4) > 0 ? count / 32 * 16 + (count < 32 ? 16 : 0) : random.nextInt(1, count);
        List<String> parts = split(x, first, count - first);
        if (random.nextBoolean()) {
            concat(parts.get(0), parts.get(1), add(parts.get(1), conv(parts.get(1), count - first, true)));
        }
    }

    /** A late value mostly, so that early ones leave their memory. */
    private String any() {
        int back = Math.min(names.size(), random.nextInt(4) == 0 ? names.size() : 5);
        return names.get(names.size() - 1 - random.nextInt(back));
    }

    /** Another value with so many channels, or itself. */
    private String likeness(String x) {
        return names.stream().filter(name -> !name.equals(x) && channels(name) == channels(x)).reduce((a, b) -> b).orElse(x);
    }
}
