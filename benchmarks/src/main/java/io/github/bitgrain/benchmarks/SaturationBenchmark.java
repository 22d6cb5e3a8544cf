package io.github.bitgrain.benchmarks;

import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipAttribute;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ChipValue;
import io.github.bitgrain.simulator.ElementType;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.simulator.lowering.FilterLayout;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to simulate accumulators that saturate: the same node with weights that prove that nothing can, with weights that prove
 * nothing though nothing does, and with data that saturate every lane. GMAC/s. {@link #main} measures all in one process, which a busy
 * machine disturbs less.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class SaturationBenchmark {
    /** Multiply-accumulates of every kind: 16 · 16 · 64 · 64 · 9, 128 · 128 · 64 · 9, 96 · 96 · 1024. */
    private static final int MACS = 9_437_184;
    private static final int INNER = 1024;
    private static final int SIDE = 96;

    /** Node, bits, target. Dense and depthwise are convolutions of 3 × 3 with 64 channels. */
    @Param({"dense 8 esp32s3", "dense 16 esp32s3", "dense 8 esp32p4", "depthwise 8 esp32s3", "depthwise 16 esp32s3", "matmul 8 esp32s3",
        "matmul 16 esp32s3"})
    public String kind;

    /** What weights and data prove: {@code proven}, {@code open}, {@code saturating}. */
    @Param({"proven", "open", "saturating"})
    public String path;

    private Simulator simulator;

    /** Makes the node. */
    @Setup
    public void setUp() {
        String[] words = kind.split(" ");
        int bits = Integer.parseInt(words[1]);
        Target target = Target.parse(words[2]);
        simulator = words[0].equals("matmul") ? product(bits, target) : convolution(words[0].equals("depthwise"), bits, target);
    }

    /** One node. */
    @Benchmark
    @OperationsPerInvocation(MACS)
    public void run() {
        simulator.run();
    }

    private static long largest(int bits) {
        return (1L << (bits - 1)) - 1;
    }

    /** Weights in runs of one sign, so long that neighbours of the same channel cancel out where nothing shall saturate. */
    private long[] weights(int count, int bits) {
        long[] weights = new long[count];
        boolean isSmall = path.equals("proven");
        for (int i = 0; i < count; i++) {
            // The same sign for all lanes of a vector.
            boolean isNegative = path.equals("open") && i / (128 / bits) % 2 == 1;
            weights[i] = (isSmall ? 3 : largest(bits)) * (isNegative ? -1 : 1);
        }
        return weights;
    }

    private Simulator convolution(boolean depthwise, int bits, Target target) {
        int side = depthwise ? 128 : 16;
        int inputs = depthwise ? 1 : 64;
        ElementType type = ElementType.ofBits(bits);
        FilterLayout layout = new FilterLayout(64, inputs, 9, depthwise, target.lanes(bits));
        TreeMap<String, ChipAttribute> attributes = new TreeMap<>();
        attributes.put("pads", new ChipAttribute.Ints(List.of(1L, 1L, 1L, 1L)));
        attributes.put("group", new ChipAttribute.Int(depthwise ? 64 : 1));
        // Few products of small numbers fill no accumulator: here it starts full.
        long[] bias = new long[64];
        boolean startsFull = depthwise || target == Target.ESP32P4;
        Arrays.fill(bias, startsFull && !path.equals("proven") ? (1L << (target.laneBits(bits) - 1)) - 1 : 0);
        ChipProgram program = ChipProgram.builder()
                .node(new ChipNode("conv", "Conv", "", List.of("x", "w", "b"), List.of("y"), attributes))
                .parameter(ChipTensor.ofLongs("w", type, depthwise ? List.of(3, 3, 64, 1) : List.of(3, 3, 64, 64), Exponents.of(-7),
                        layout.annotation("HW"), weights(64 * inputs * 9, bits)))
                .parameter(ChipTensor.ofLongs("b", bits == 8 ? ElementType.INT32 : ElementType.INT64, List.of(64), Exponents.of(-14), "", bias))
                .value(new ChipValue("x", type, List.of(1, side, side, 64), -7))
                .value(new ChipValue("y", type, List.of(1, side, side, 64), 0))
                .input("x")
                .output("y")
                .build();
        return withInputs(program, target, bits, "x", side * side * 64);
    }

    private Simulator product(int bits, Target target) {
        ElementType type = ElementType.ofBits(bits);
        ChipProgram program = ChipProgram.builder()
                .node(new ChipNode("product", "MatMul", "", List.of("x", "w"), List.of("y"), new TreeMap<>()))
                .value(new ChipValue("x", type, List.of(SIDE, INNER), -7))
                .value(new ChipValue("w", type, List.of(INNER, SIDE), -7))
                .value(new ChipValue("y", type, List.of(SIDE, SIDE), 0))
                .input("x")
                .input("w")
                .output("y")
                .build();
        Simulator made = withInputs(program, target, bits, "x", SIDE * INNER);
        made.setInput("w", Arrays.stream(weights(INNER * SIDE, bits)).mapToInt(Math::toIntExact).toArray());
        return made;
    }

    private static Simulator withInputs(ChipProgram program, Target target, int bits, String name, int count) {
        Simulator made = new Simulator(program, target);
        int[] x = new int[count];
        Arrays.fill(x, (int) largest(bits));
        made.setInput(name, x);
        return made;
    }

    /** Prints a table in Markdown: processor time, in turn in one process. */
    public static void main(String[] arguments) throws NoSuchFieldException {
        System.out.println("| node, bits, target | proven GMAC/s | open | saturating | saturating: times the time |");
        System.out.println("|---|---|---|---|---|");
        String[] kinds = SaturationBenchmark.class.getField("kind").getAnnotation(Param.class).value();
        for (String kind : kinds) {
            Runnable[] paths = new Runnable[3];
            for (int i = 0; i < paths.length; i++) {
                SaturationBenchmark benchmark = new SaturationBenchmark();
                benchmark.kind = kind;
                benchmark.path = new String[] {"proven", "open", "saturating"}[i];
                benchmark.setUp();
                paths[i] = benchmark::run;
            }
            double[] times = new Interleaved(false, 2, 9, 0.1).microseconds(paths);
            System.out.printf("| %s | %.1f | %.1f | %.1f | %.1f |%n", kind, MACS / times[0] / 1e3, MACS / times[1] / 1e3, MACS / times[2] / 1e3,
                    times[2] / times[0]);
        }
    }
}
