package io.github.bitgrain.quantizer.analyze;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.input.InputMap;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A Conv and a batch normalization that "saw" 200 reddish pictures of 8 × 8 pixels. */
class DataLintTest {
    private static final Shape IMAGE = Shape.of(1, 3, 8, 8);
    private static final double[] COLOUR = {0.6, 0.5, 0.35};
    private static final int CHANNELS = 8;

    private static Tensor pictures(int count, long seed) {
        Random random = new Random(seed);
        Tensor pictures = Tensor.zeros(IMAGE.with(0, count));
        for (int i = 0; i < pictures.size(); i += 64) {
            double shade = 0.15 * random.nextGaussian();
            for (int j = i; j < i + 64; j++) {
                pictures.data()[j] = (float) (COLOUR[i / 64 % 3] + shade + 0.1 * random.nextGaussian());
            }
        }
        return pictures;
    }

    private static DataSource data(int count, UnaryOperator<Tensor> change) {
        return DataSource.of(Map.of("x", change.apply(pictures(count, 7))));
    }

    private static Graph.Builder conv() {
        return Graph.builder("g").input("x", IMAGE)
                .node("conv", new Conv(Size.ONE, Pads.all(1), Size.ONE, 1), List.of("x", "w", "b"), "h");
    }

    private static Parameters weights(float bias) {
        Random random = new Random(3);
        Tensor weights = Tensor.zeros(Shape.of(CHANNELS, 3, 3, 3));
        Tensor biases = Tensor.zeros(Shape.of(CHANNELS));
        for (int i = 0; i < weights.size(); i++) {
            weights.data()[i] = (float) (0.2 * random.nextGaussian());
        }
        Arrays.fill(biases.data(), bias);
        return new Parameters().put("w", weights).put("b", biases);
    }

    private static Model trained(Op... between) {
        return trained(tensor -> tensor, between);
    }

    /** The network, with operators of one operand between Conv and norm. */
    private static Model trained(UnaryOperator<Tensor> treatment, Op... between) {
        Graph.Builder builder = conv();
        String value = "h";
        for (int i = 0; i < between.length; i++) {
            builder.node("between" + i, between[i], List.of(value), "h" + i);
            value = "h" + i;
        }
        Parameters parameters = weights(0.1f);
        Tensor seen;
        try (Executor executor = new Executor(new Model(conv().output("h").build(), parameters))) {
            seen = executor.run(Map.of("x", treatment.apply(pictures(200, 1)))).get("h");
        }
        float[] means = new float[CHANNELS];
        float[] variances = new float[CHANNELS];
        float[] ones = new float[CHANNELS];
        Arrays.fill(ones, 1);
        int each = seen.size() / CHANNELS;
        for (int i = 0; i < seen.size(); i++) {
            means[i / 64 % CHANNELS] += seen.data()[i] / each;
        }
        for (int i = 0; i < seen.size(); i++) {
            variances[i / 64 % CHANNELS] += (float) Math.pow(seen.data()[i] - means[i / 64 % CHANNELS], 2) / each;
        }
        Shape shape = Shape.of(CHANNELS);
        parameters.put("gamma", new Tensor(shape, ones)).put("beta", Tensor.zeros(shape)).put("mean", new Tensor(shape, means))
                .put("variance", new Tensor(shape, variances));
        return new Model(builder.node("bn", new BatchNorm(1e-5f, 0.9f, false), List.of(value, "gamma", "beta", "mean", "variance"), "y").output("y").build(),
                parameters);
    }

    private static UnaryOperator<Tensor> times(double factor, double plus) {
        return tensor -> new InputMap(new double[] {factor}, new double[] {plus}).apply(tensor, 1);
    }

    private static List<String> lint(Model model, DataSource data, InputVariant... variants) {
        return DataLint.warnings(model, data, Map.of("x", List.of(variants)), 1);
    }

    private static InputVariant variant(String advice, double gain, double offset) {
        return new InputVariant(advice, new InputMap(new double[] {gain}, new double[] {offset}), false);
    }

    @Test
    void dataOfTrainingPassWithoutAWord() {
        assertEquals(List.of(), lint(trained(), data(64, tensor -> tensor), variant("--scale 255", 255, 0), variant("--scale 2 --mean 1", 2, -1)));
    }

    /** What is looked at depends on one of several inputs alone. */
    @Test
    void networksMayHaveOtherInputs() {
        for (Model model : List.of(trained(), new Model(conv().node("r", new Relu(), List.of("h"), "y").output("y").build(), weights(1)))) {
            Graph graph = model.graph();
            Graph more = graph.edit().inputs(Map.of("x", IMAGE, "state", Shape.of(1, CHANNELS, 1, 1))).node("sum", new Add(), List.of("y", "state"), "z").outputs(List.of("z")).build();
            DataSource both = DataSource.of(Map.of("x", times(255, 0).apply(pictures(64, 7)), "state", ones(Shape.of(64, CHANNELS, 1, 1))));
            List<String> said = DataLint.warnings(new Model(more, model.parameters()), both, Map.of("x", List.of(variant("--scale 1/255", 1 / 255.0, 0)), "state", List.of()), 1);
            assertTrue(said.size() == 1 && said.getFirst().startsWith("input \"x\""), said::toString);
        }
    }

    private static Tensor ones(Shape shape) {
        Tensor ones = Tensor.zeros(shape);
        Arrays.fill(ones.data(), 1);
        ones.data()[0] = 2;
        return ones;
    }

    @Test
    void aWrongScaleIsNamedWithTheOptionsThatMendIt() {
        List<String> said = lint(trained(), data(64, times(255, 0)), variant("--scale 1", 1, 0), variant("--scale 1/255", 1 / 255.0, 0),
                variant("--scale 1/127.5 --mean 1", 1 / 127.5, -1));
        assertEquals(1, said.size(), said::toString);
        assertTrue(said.getFirst().startsWith("input \"x\" does not look like the data of training: statistics at \"bn\" are off by "), said::toString);
        assertTrue(said.getFirst().contains("; try --scale 1/255 alone (off by 0.0"), said::toString);
    }

    @Test
    void withoutOptionsThatMendItTheSizeIsNamed() {
        List<String> said = lint(trained(), data(64, times(1000, 0)), variant("--scale 1/255", 1 / 255.0, 0));
        assertTrue(said.size() == 1 && said.getFirst().matches(".*values seem (9\\d\\d|1\\.0\\de\\+03) times as large as they were; check --scale, --mean, --std"),
                said::toString);
    }

    @Test
    void aMeanThatWasLeftOutIsNamed() {
        List<String> said = lint(trained(), data(64, times(1, 0.5)), variant("--mean 0.5", 1, -0.5));
        assertTrue(said.size() == 1 && said.getFirst().contains("; try --mean 0.5 alone"), said::toString);
    }

    @Test
    void swappedChannelsAreNamedWithTheMeansOfTraining() {
        assertEquals(List.of(), lint(trained(), data(32, tensor -> tensor)));
        List<String> said = lint(trained(), data(32, InputVariant.REVERSED::of));
        assertTrue(said.size() == 1 && said.getFirst().matches("input \"x\": the channels look swapped \\(RGB and BGR\\): "
                + "their means were 0\\.(59|60|61)\\d, 0\\.(49|50|51)\\d, 0\\.3[456]\\d in training and are 0\\.3\\d+, 0\\.[45]\\d+, 0\\.[56]\\d+ in the data; .*"), said::toString);
    }

    /** With a mean and a divisor for each channel, as with ImageNet's, reversed pictures are not the reverse of what is made of them. */
    @Test
    void swappedChannelsAreNamedWhereEachIsTreatedInItsOwnWay() {
        double[] offset = {-0.6 / 0.2, -0.5 / 0.1, -0.35 / 0.4};
        UnaryOperator<Tensor> treat = tensor -> new InputMap(new double[] {1 / 0.2, 1 / 0.1, 1 / 0.4}, offset).apply(tensor, 1);
        InputVariant reversed = new InputVariant("", new InputMap(new double[] {2, 1, 0.5}, new double[] {-0.25 / 0.2, 0, 0.25 / 0.4}), true);
        Model model = trained(treat);
        assertEquals(List.of(), lint(model, data(64, treat), reversed));
        DataSource swapped = data(64, tensor -> treat.apply(InputVariant.REVERSED.of(tensor)));
        List<String> said = lint(model, swapped, reversed);
        assertTrue(said.size() == 1 && said.getFirst().contains("swapped"), said::toString);
        Tensor mended = reversed.of(swapped.read(5, 1).get("x"));
        assertArrayEquals(data(64, treat).read(5, 1).get("x").data(), mended.data(), 1e-5f);
    }

    @Test
    void picturesOfAnotherColourAreNotCalledSwapped() {
        // Much bluer than red, as under water: the reverse is no better.
        assertEquals(List.of(), lint(trained(), data(64, tensor -> new InputMap(new double[] {1}, new double[] {-0.35, 0, 0.55}).apply(tensor, 1))).stream()
                .filter(line -> line.contains("swapped")).toList());
    }

    @Test
    void channelsBehindSomethingNonlinearAreNotJudged() {
        Model model = trained(new Relu());
        Shape shape = model.graph().inputs().get("x");
        try (FirstNorms norms = FirstNorms.of(model, "x", 1)) {
            assertNull(TrainedMeans.of(norms, shape));
        }
        try (FirstNorms norms = FirstNorms.of(trained(), "x", 1)) {
            assertArrayEquals(COLOUR, TrainedMeans.of(norms, shape).means(), 0.02);
        }
    }

    @Test
    void statisticsThatTrainingNeverTouchedSayNothing() {
        Model model = trained();
        Parameters fresh = model.parameters().shallowCopy();
        float[] ones = new float[CHANNELS];
        Arrays.fill(ones, 1);
        fresh.put("mean", Tensor.zeros(Shape.of(CHANNELS))).put("variance", new Tensor(Shape.of(CHANNELS), ones));
        assertNull(FirstNorms.of(new Model(model.graph(), fresh), "x", 1));
        assertEquals(List.of(), lint(new Model(model.graph(), fresh), data(64, times(0.1, 0))));
    }

    @Test
    void aNormOfTheInputItselfCounts() {
        Shape shape = Shape.of(3);
        float[] means = {0.6f, 0.5f, 0.35f};
        float[] variances = {0.033f, 0.033f, 0.033f};
        Model model = new Model(Graph.builder("g").input("x", IMAGE).node("bn", new BatchNorm(1e-5f, 0.9f, false), List.of("x", "v", "v", "m", "v"), "y")
                .output("y").build(), new Parameters().put("m", new Tensor(shape, means)).put("v", new Tensor(shape, variances)));
        assertEquals(List.of(), lint(model, data(64, tensor -> tensor)));
        assertTrue(lint(model, data(64, times(255, 0))).getFirst().contains("statistics at \"bn\" are off by "));
    }

    @Test
    void withoutNormsOnlyAFirstLayerOutOfBalanceIsNamed() {
        Model model = new Model(conv().output("h").build(), weights(0.1f));
        assertEquals(List.of(), lint(model, data(64, tensor -> tensor)));
        assertEquals(List.of(), lint(model, data(64, InputVariant.REVERSED::of)));
        String large = lint(model, data(64, times(255, 0))).getFirst();
        assertTrue(large.contains("beside which the biases of \"conv\" vanish: the network expects smaller values"), large);
        String small = lint(model, data(64, times(1 / 255.0, 0))).getFirst();
        assertTrue(small.contains("beside which the biases of \"conv\" are everything: the network expects larger values"), small);
        // A network that takes bytes has biases of their size.
        assertEquals(List.of(), lint(new Model(conv().output("h").build(), weights(25)), data(64, times(255, 0))));
    }

    @Test
    void zerosFewSamplesAndConstantOutputsAreNamed() {
        assertEquals(List.of("only 3 calibration samples; a few dozen cover the ranges better", "input \"x\" is zero in all samples; check --scale",
                "output \"y\" is the same for all samples; check the data and its preprocessing"), lint(trained(), data(3, times(0, 0))));
    }
}
