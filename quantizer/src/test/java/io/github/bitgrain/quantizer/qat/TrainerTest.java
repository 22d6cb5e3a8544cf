package io.github.bitgrain.quantizer.qat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import io.github.bitgrain.quantizer.nn.AdaptiveAvgPool2d;
import io.github.bitgrain.quantizer.nn.BatchNorm2d;
import io.github.bitgrain.quantizer.nn.Conv2d;
import io.github.bitgrain.quantizer.nn.Linear;
import io.github.bitgrain.quantizer.nn.Module;
import io.github.bitgrain.quantizer.nn.Network;
import io.github.bitgrain.quantizer.nn.Operator;
import io.github.bitgrain.quantizer.nn.QuantizationCalibrator;
import io.github.bitgrain.quantizer.nn.ResidualBlock;
import io.github.bitgrain.quantizer.nn.SelectiveQuantizer;
import io.github.bitgrain.quantizer.nn.Sequential;
import io.github.bitgrain.quantizer.nn.TensorQuantizer;
import io.github.bitgrain.quantizer.qat.TrainingParams.Keep;
import io.github.bitgrain.quantizer.qat.TrainingParams.Kind;
import io.github.bitgrain.quantizer.qat.TrainingParams.Optimization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerTest {
    private static final Shape IMAGE = Shape.of(1, 1, 8, 8);
    private static final int CLASSES = 4;

    @TempDir
    Path folder;

    /** A bar at one of four places in noise. */
    private static TrainingData bars(int count, long seed, Augmentation augmentation) {
        Random random = new Random(seed);
        Tensor x = Tensor.zeros(Shape.of(count, 1, 8, 8));
        Tensor y = Tensor.zeros(Shape.of(count));
        for (int n = 0; n < count; n++) {
            int label = n % CLASSES;
            y.data()[n] = label;
            for (int i = 0; i < 64; i++) {
                boolean bar = label < 2 ? i / 8 == 2 + 3 * label : i % 8 == 2 + 3 * (label - 2);
                x.data()[n * 64 + i] = (float) ((bar ? 1.2 : 0) + 0.6 * random.nextGaussian());
            }
        }
        return new TrainingData(DataSource.of(Map.of(Network.INPUT, x)), y, augmentation);
    }

    private static Sequential net(long seed) {
        Random random = new Random(seed);
        Sequential branch = new Sequential().add("conv", new Conv2d(6, 6, 3, 1, 1, 1, false, random)).add("bn", new BatchNorm2d(6));
        return new Sequential().add("conv1", new Conv2d(1, 6, 3, 1, 1, 1, false, random)).add("bn1", new BatchNorm2d(6)).add("relu", Operator.relu())
                .add("block", new ResidualBlock(branch, null)).add("conv2", new Conv2d(6, 8, 8, 8, 0, 1, true, random)).add("relu2", Operator.relu())
                .add("pool", new AdaptiveAvgPool2d(new GlobalAveragePool())).add("flatten", Operator.flatten())
                .add("fc", new Linear(8, CLASSES, true, random));
    }

    private static TrainingParams params(int epochs) {
        return TrainingParams.of(epochs, 16, Loss.crossEntropy(0.05), LearningRate.cosine(5e-3, 0.01));
    }

    private final TrainingData train = bars(192, 1, Augmentation.NONE);
    private final TrainingData valid = bars(128, 2, Augmentation.NONE);

    private static Map<String, float[]> state(Module module) {
        Map<String, float[]> state = new LinkedHashMap<>();
        module.state().forEach((name, tensor) -> state.put(name, tensor.data().clone()));
        return state;
    }

    private static void assertSame(Map<String, float[]> expected, Map<String, float[]> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
    }

    private TrainingResult train(Module module, TrainingParams params) {
        return new Trainer(new ModuleTrainee(module, IMAGE), train, valid, params, TrainingListener.NONE).train();
    }

    @Test
    void aNetworkLearnsAndKeepsItsBestEpoch() {
        Sequential net = net(1);
        TrainingResult result = train(net, params(8));
        assertTrue(result.bestScore() > 0.9, result.toString());
        double score = Trainer.validate(new ModuleTrainee(net, IMAGE).evaluation(), valid, params(8))[1];
        assertEquals(result.bestScore(), score);
        double best = -1;
        for (EpochResult epoch : result.history()) {
            assertEquals(epoch.score() > best, epoch.best(), "a later epoch must be strictly better");
            best = Math.max(best, epoch.score());
        }
        assertEquals(8, result.history().size());
    }

    @Test
    void resultsDoNotDependOnThreads() {
        Sequential one = net(2);
        Sequential three = net(2);
        train(one, params(2).running(7, 1));
        train(three, params(2).running(7, 3));
        assertSame(state(one), state(three));
        Sequential other = net(2);
        train(other, params(2).running(8, 1));
        assertNotEquals(state(one).get("fc.weight")[0], state(other).get("fc.weight")[0]);
    }

    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Ends a run by force at a step; what was in memory is lost. */
    private void runUntil(int step, TrainingParams params, TrainingData data) {
        TrainingListener killer = new TrainingListener() {
            @Override
            public void step(int done, int all, float loss, double rate) {
                if (done == step) {
                    throw new Killed();
                }
            }
        };
        Sequential net = net(3);
        assertThrows(Killed.class, () -> new Trainer(new ModuleTrainee(net, IMAGE), data, valid, params, killer).train());
    }

    @ParameterizedTest
    @ValueSource(strings = {"SGD", "ADAM", "ADAMW"})
    void aKilledRunGoesOnToTheSameBits(String kind) throws IOException {
        TrainingData shaken = bars(96, 1, Augmentation.shift(1, 0f).then(Augmentation.mirror()));
        Optimization optimizer = new Optimization(Kind.valueOf(kind), 0.9, true, 1e-3, true);
        TrainingParams params = params(5).optimizer(optimizer).gradients(4, 1.0).ema(new Ema.Setting(Ema.Growth.EXP, 0.99, 15));
        Sequential whole = net(3);
        Path unbroken = folder.resolve("unbroken");
        TrainingResult expected = new Trainer(new ModuleTrainee(whole, IMAGE), shaken, valid, params.checkpoints(unbroken, false), TrainingListener.NONE).train();
        Random random = new Random(5);
        for (int round = 0; round < 4; round++) {
            Path at = folder.resolve("run" + round);
            runUntil(1 + random.nextInt(14), params.checkpoints(at, true), shaken);
            runUntil(15 + random.nextInt(15), params.checkpoints(at, true), shaken);
            Sequential net = net(3);
            TrainingResult result = new Trainer(new ModuleTrainee(net, IMAGE), shaken, valid, params.checkpoints(at, true), TrainingListener.NONE).train();
            assertEquals(expected, result);
            assertSame(state(whole), state(net));
            for (String file : new String[] {"latest.ckpt", "best.ckpt"}) {
                assertArrayEquals(Files.readAllBytes(unbroken.resolve(file)), Files.readAllBytes(at.resolve(file)), file);
            }
        }
    }

    @Test
    void damagedAndForeignCheckpointsAreRefused() throws IOException {
        TrainingParams params = params(2).checkpoints(folder, true);
        train(net(3), params);
        Path latest = folder.resolve("latest.ckpt");
        byte[] good = Files.readAllBytes(latest);
        for (int length : new int[] {0, 5, good.length / 2, good.length - 1}) {
            Files.write(latest, Arrays.copyOf(good, length));
            refused("latest.ckpt: is ", () -> train(net(3), params));
        }
        byte[] damaged = good.clone();
        damaged[good.length / 3] ^= 4;
        Files.write(latest, damaged);
        refused("its check sum differs", () -> train(net(3), params));
        Files.write(latest, good);
        refused("a run with other settings", () -> train(net(3), params(3).checkpoints(folder, true)));
        refused("quantized otherwise", () -> train(new SelectiveQuantizer().quantizedCopy(net(3)), params));
        assertEquals(2, train(net(3), params).history().size());
    }

    private static void refused(String message, org.junit.jupiter.api.function.Executable action) {
        String actual = assertThrows(BitgrainException.class, action).getMessage();
        assertTrue(actual.contains(message), actual);
    }

    @Test
    void patienceEndsARun() {
        TrainingParams params = TrainingParams.of(30, 16, Loss.crossEntropy(0), LearningRate.constant(0)).watching(Metric.ACCURACY, 3, Keep.LAST);
        assertEquals(4, train(net(1), params).history().size());
    }

    @Test
    void frozenPrefixesDoNotMove() {
        Sequential net = net(1);
        Map<String, float[]> before = state(net);
        train(net, params(1).rateFactors(Map.of("conv", 0.0, "conv2", 1.0)));
        assertArrayEquals(before.get("conv1.weight"), state(net).get("conv1.weight"));
        assertFalse(Arrays.equals(before.get("conv2.weight"), state(net).get("conv2.weight")));
    }

    /** Rows 36, 38: the input is left alone; nothing is trained. */
    @Test
    void ptqLeavesTheModelAloneAndTrainsNothing() {
        Sequential net = net(1);
        train(net, params(4));
        Map<String, float[]> before = state(net);
        QuantizationParams quantization = new QuantizationParams(true, SelectiveQuantizer.Options.DEFAULT, List.of(), QuantizationParams.DEFAULT.method(), 0,
                null, false, QuantizationParams.FoldBatchNorm.NEVER, QuantizationParams.AlreadyQuantized.ERROR);
        TrainingListener fail = new TrainingListener() {
            @Override
            public void step(int done, int all, float loss, double rate) {
                throw new AssertionError("a training step");
            }
        };
        Quantization.Result<Sequential> result = Quantization.qat(net, IMAGE, train, valid, null, quantization, params(4), fail);
        assertSame(before, state(net));
        assertNull(result.training());
        assertEquals(result.ptqScore(), result.score());
        Map<String, float[]> quantized = state(result.module());
        before.forEach((name, values) -> assertArrayEquals(values, quantized.get(name), name));
        refused("holds quantizers already", () -> Quantization.ptq(result.module(), IMAGE, train.inputs(), 16, quantization, 1));
        assertEquals(quantized.size(), state(Quantization.ptq(result.module(), IMAGE, train.inputs(), 16,
                quantization.alreadyQuantized(QuantizationParams.AlreadyQuantized.RECALIBRATE), 1)).size());
    }

    /** Row 44: ranges come from the calibration samples where there are some, else from the training samples as they are. */
    @Test
    void calibrationSamplesAreUsedWhenGivenElseTrainingSamplesWithoutAugmentation() {
        QuantizationParams quantization = QuantizationParams.DEFAULT.calibration(io.github.bitgrain.quantizer.amax.AmaxMethod.of(
                io.github.bitgrain.quantizer.amax.AmaxMethod.Kind.MAX), 1).selective(SelectiveQuantizer.Options.DEFAULT.calibrators(
                        io.github.bitgrain.quantizer.amax.CalibMethod.MAX, io.github.bitgrain.quantizer.amax.CalibMethod.MAX));
        Augmentation loud = (sample, shape, random) -> java.util.Arrays.fill(sample, 100f);
        TrainingData augmented = bars(32, 1, loud);
        Tensor own = Tensor.filled(Shape.of(4, 1, 8, 8), 7f);
        DataSource calibration = DataSource.of(Map.of(Network.INPUT, own));
        TrainingParams params = params(1);
        Sequential given = Quantization.qat(net(1), IMAGE, augmented, valid, calibration, quantization, params, TrainingListener.NONE).module();
        Sequential without = Quantization.qat(net(1), IMAGE, augmented, valid, null, quantization, params, TrainingListener.NONE).module();
        float largest = 0;
        for (float value : augmented.read(0, 16).inputs().get(Network.INPUT).data()) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertEquals(7f, state(given).get("conv1.input_quantizer.amax")[0]);
        assertEquals(largest, state(without).get("conv1.input_quantizer.amax")[0]);
    }

    /** Rows 37, 45, and 42: ranges stay, training helps at few bits, the stored network is the same. */
    @Test
    void qatTrainsWithFrozenRangesAndIsStored() {
        Sequential net = net(1);
        train(net, params(8));
        QuantizationParams quantization = QuantizationParams.DEFAULT.selective(SelectiveQuantizer.Options.DEFAULT.bits(3)).calibration(
                QuantizationParams.DEFAULT.method(), 0).foldBatchNorm(QuantizationParams.FoldBatchNorm.NEVER);
        TrainingParams qat = TrainingParams.of(6, 16, Loss.crossEntropy(0.05), LearningRate.cosine(2e-3, 0.01)).checkpoints(folder, false);
        Sequential calibrated = Quantization.ptq(net, IMAGE, train.inputs(), 16, quantization, 1);
        Quantization.Result<Sequential> result = Quantization.qat(net, IMAGE, train, valid, train.inputs(), quantization, qat, TrainingListener.NONE);
        assertTrue(result.score() >= result.ptqScore(), result.score() + " after " + result.ptqScore());
        assertTrue(result.score() > 0.8, "" + result.score());
        Map<String, TensorQuantizer> quantizers = QuantizationCalibrator.quantizers(result.module());
        QuantizationCalibrator.quantizers(calibrated).forEach((path, quantizer) ->
                assertEquals(quantizer.amax(), quantizers.get(path).amax(), path));
        Sequential loaded = Quantization.ptq(net, IMAGE, train.inputs(), 16, quantization, 1);
        Trainer.load(folder.resolve("best.ckpt"), new ModuleTrainee(loaded, IMAGE));
        Tensor x = valid.read(0, 8).inputs().get(Network.INPUT);
        assertArrayEquals(run(result.module(), x), run(loaded.eval(), x));
    }

    /** Row 42: from the float tree and the file alone, whatever was skipped, folded, learned or disabled; the values do not matter. */
    @ParameterizedTest
    @ValueSource(strings = {"plain", "skip", "learn", "scale", "unsigned", "fold", "tensor", "power"})
    void aStoredQuantizedNetworkNeedsNoQuantizationToBeRead(String how) {
        SelectiveQuantizer.Options options = SelectiveQuantizer.Options.DEFAULT.bits(5).learn(how.equals("learn")).perChannel(!how.equals("tensor"))
                .powerOfTwo(how.equals("power")).learnScale(how.equals("scale"));
        QuantizationParams quantization = QuantizationParams.DEFAULT.selective(options).foldBatchNorm(
                how.equals("fold") ? QuantizationParams.FoldBatchNorm.ALWAYS : QuantizationParams.FoldBatchNorm.NEVER);
        quantization = quantization.unsignedActivations(how.equals("unsigned"));
        quantization = how.equals("skip") ? quantization.skip("conv2", "block.residual") : quantization;
        Sequential trained = Quantization.qat(net(1), IMAGE, train, valid, null, quantization,
                params(2).checkpoints(folder, false).watching(Metric.ACCURACY, 0, Keep.LAST), TrainingListener.NONE).module();
        Sequential read = QuantizedCheckpoint.read(folder.resolve("latest.ckpt"), net(77), IMAGE);
        Tensor x = valid.read(0, 16).inputs().get(Network.INPUT);
        assertArrayEquals(run(trained.eval(), x), run(read, x));
        assertEquals(new ModuleTrainee(trained, IMAGE).manifest(), new ModuleTrainee(read, IMAGE).manifest());
        refused("quantized at other places", () -> QuantizedCheckpoint.read(folder.resolve("latest.ckpt"),
                new Sequential().add("conv1", new Conv2d(1, 6, 3, 1, 1, 1, false, new Random(1))), IMAGE));
    }

    private static float[] run(Module module, Tensor x) {
        try (Executor executor = new Executor(Network.of(module, IMAGE).model())) {
            return executor.run(Map.of(Network.INPUT, x)).values().iterator().next().data();
        }
    }

    /** Scales of weights and activations, per channel, free and powers of two: they move, do not decay, and the network in use has them. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void learnedScalesMoveAndAreUsed(boolean powerOfTwo) {
        Sequential net = net(1);
        train(net, params(8));
        QuantizationParams learned = QuantizationParams.DEFAULT.selective(SelectiveQuantizer.Options.DEFAULT.bits(3).powerOfTwo(powerOfTwo).learnScale(true))
                .foldBatchNorm(QuantizationParams.FoldBatchNorm.NEVER);
        TrainingParams qat = TrainingParams.of(6, 16, Loss.crossEntropy(0.05), LearningRate.cosine(5e-3, 0.01)).watching(Metric.LOSS, 0, Keep.LAST);
        Sequential before = Quantization.ptq(net, IMAGE, train.inputs(), 16, learned, 1);
        Quantization.Result<Sequential> result = Quantization.qat(net, IMAGE, train, valid, null, learned, qat, TrainingListener.NONE);
        for (String place : List.of("conv2.input_quantizer", "conv1.weight_quantizer")) {
            float[] start = state(before).get(place + ".log2_amax");
            float[] end = state(result.module()).get(place + ".log2_amax");
            assertEquals(place.contains("weight") ? 6 : 1, end.length);
            assertFalse(Arrays.equals(start, end), place);
            float[] used = QuantizationCalibrator.quantizers(result.module()).get(place).stepSize().orElseThrow().data();
            for (int c = 0; c < used.length; c++) {
                double free = Math.pow(2, end[c]) / 3;
                assertEquals(powerOfTwo ? Math.pow(2, Math.ceil(Math.log(free) / Math.log(2) - 1e-7)) : free, used[c], 1e-6 * used[c]);
            }
        }
        Sequential other = (Sequential) before.copy();
        Map<String, float[]> calibrated = state(other);
        new Trainer(new ModuleTrainee(other, IMAGE), train, valid, qat.rateFactors(Map.of("", 0.0)).optimizer(new TrainingParams.Optimization(
                Kind.ADAMW, 0, false, 0.5, false)), TrainingListener.NONE).train();
        assertArrayEquals(calibrated.get("conv2.input_quantizer.log2_amax"), state(other).get("conv2.input_quantizer.log2_amax"));
    }

    /** Alignment leaves the calibrated logarithm of a scale that it does not raise. */
    @Test
    void learnedPowersOfTwoBeginAtTheCalibratedRange() {
        QuantizationParams aligned = QuantizationParams.DEFAULT.selective(SelectiveQuantizer.Options.DEFAULT.bits(3).powerOfTwo(true).learnScale(true));
        QuantizationParams alone = new QuantizationParams(false, aligned.selective(), List.of(), aligned.method(), aligned.calibBatches(), null, false,
                aligned.foldBatchNorm(), aligned.alreadyQuantized());
        Sequential net = net(1);
        assertSame(state(Quantization.ptq(net, IMAGE, train.inputs(), 16, alone, 1)), state(Quantization.ptq(net, IMAGE, train.inputs(), 16, aligned, 1)));
    }

    /** By operators, not by data: the first layer reads whatever comes, the others what a Relu makes. */
    @Test
    void operandsBehindAReluGetUnsignedIntegers() {
        Sequential quantized = Quantization.ptq(net(1), IMAGE, train.inputs(), 16, QuantizationParams.DEFAULT.unsignedActivations(true), 1);
        Map<String, TensorQuantizer> quantizers = QuantizationCalibrator.quantizers(quantized);
        List<String> unsigned = quantizers.keySet().stream().filter(path -> quantizers.get(path).descriptor().unsigned()).toList();
        assertEquals(List.of("block.branch.conv.input_quantizer", "block.residual", "conv2.input_quantizer", "pool.input_quantizer", "fc.input_quantizer"), unsigned);
        assertEquals(255, quantizers.get("fc.input_quantizer").descriptor().qmax());
        Sequential plain = Quantization.ptq(net(1), IMAGE, train.inputs(), 16, QuantizationParams.DEFAULT, 1);
        assertTrue(QuantizationCalibrator.quantizers(plain).values().stream().noneMatch(quantizer -> quantizer.descriptor().unsigned()));
    }

    /** A recipe's freeze_bn_after. */
    @Test
    void statisticsStayAfterTheEpochsThatTheyMayMove() {
        List<float[]> means = new ArrayList<>();
        Sequential[] trained = new Sequential[1];
        QuantizationParams keep = QuantizationParams.DEFAULT.foldBatchNorm(QuantizationParams.FoldBatchNorm.NEVER);
        for (int frozen : new int[] {0, 1, Integer.MAX_VALUE}) {
            trained[0] = Quantization.qat(net(1), IMAGE, train, valid, null, keep, params(3).watching(Metric.LOSS, 0, Keep.LAST)
                    .freezeStatisticsAfter(frozen), TrainingListener.NONE).module();
            means.add(state(trained[0]).get("bn1.running_mean"));
        }
        assertArrayEquals(state(net(1)).get("bn1.running_mean"), means.get(0));
        assertFalse(Arrays.equals(means.get(0), means.get(1)));
        assertFalse(Arrays.equals(means.get(1), means.get(2)));
    }

    /** Row 17: learned bounds begin at the calibration's and move. */
    @Test
    void learnedRangesMove() {
        Sequential net = net(1);
        QuantizationParams quantization = QuantizationParams.DEFAULT.selective(SelectiveQuantizer.Options.DEFAULT.bits(4).learn(true))
                .foldBatchNorm(QuantizationParams.FoldBatchNorm.NEVER);
        Sequential before = Quantization.ptq(net, IMAGE, train.inputs(), 16, quantization, 1);
        Quantization.Result<Sequential> result = Quantization.qat(net, IMAGE, train, valid, null, quantization, params(2), TrainingListener.NONE);
        float start = state(before).get("conv2.input_quantizer.clip.max")[0];
        assertTrue(start > 0 && start != 1f);
        assertNotEquals(start, state(result.module()).get("conv2.input_quantizer.clip.max")[0]);
    }

    @Test
    void frozenStatisticsStopMovingAndWeightRangesFollow() {
        Sequential net = Quantization.ptq(net(1), IMAGE, train.inputs(), 16,
                QuantizationParams.DEFAULT.foldBatchNorm(QuantizationParams.FoldBatchNorm.NEVER), 1);
        List<float[]> means = new ArrayList<>();
        TrainingListener watch = new TrainingListener() {
            @Override
            public void epoch(EpochResult result) {
                means.add(state(net).get("bn1.running_mean"));
            }
        };
        float[] ranges = state(net).get("conv1.weight_quantizer.amax");
        ModuleTrainee trainee = new ModuleTrainee(net, IMAGE, ModuleTrainee.WeightRanges.RECOMPUTE_EACH_EPOCH, 1);
        new Trainer(trainee, train, valid, params(3).watching(Metric.ACCURACY, 0, Keep.LAST), watch).train();
        assertArrayEquals(means.get(0), means.get(2));
        assertFalse(Arrays.equals(ranges, state(net).get("conv1.weight_quantizer.amax")));
    }

    @Test
    void theTeachersAnswersAreEnough() {
        Sequential teacher = net(1);
        train(teacher, params(8));
        Sequential student = net(9);
        TrainingData unlabelled = new TrainingData(train.inputs(), null);
        TrainingParams params = TrainingParams.of(8, 16, Loss.distillation(new ModuleTrainee(teacher, IMAGE).evaluation(), 1, 2), LearningRate.cosine(5e-3, 0.01))
                .watching(Metric.LOSS, 0, Keep.BEST);
        new Trainer(new ModuleTrainee(student, IMAGE), unlabelled, new TrainingData(valid.inputs(), null), params, TrainingListener.NONE).train();
        assertTrue(Trainer.validate(new ModuleTrainee(student, IMAGE).evaluation(), valid, params(1))[1] > 0.85);
        refused("the loss needs labels", () -> new Trainer(new ModuleTrainee(net(2), IMAGE), unlabelled, valid, params(1), TrainingListener.NONE).train());
    }

    /** −((1 − ε) log p_y + ε mean(log p)), weighted mean over the samples that count. */
    @Test
    void labelSmoothingWeightsAndIgnoredClassesFollowTheFormula() {
        float[] labels = {2, 0, -100, 1};
        Tensor logits = new Tensor(Shape.of(4, 3), new float[] {0.1f, -0.4f, 1.2f, 0.3f, 0.2f, 0.9f, 5, 5, 5, -1f, 0.5f, 0.25f});
        float[] weights = {1, 2, 0.5f};
        Loss loss = new Loss(Loss.Kind.CROSS_ENTROPY, 0.1, weights, Loss.IGNORE, null, 0, 1);
        double sum = 0;
        double total = 0;
        for (int n = 0; n < 4; n++) {
            if (labels[n] < 0) {
                continue;
            }
            double norm = 0;
            double mean = 0;
            for (int c = 0; c < 3; c++) {
                norm += Math.exp(logits.data()[3 * n + c]);
                mean += logits.data()[3 * n + c] / 3;
            }
            double weight = weights[(int) labels[n]];
            sum -= weight * (0.9 * (logits.data()[3 * n + (int) labels[n]] - Math.log(norm)) + 0.1 * (mean - Math.log(norm)));
            total += weight;
        }
        Tensor rows = loss.probabilities(labels, Shape.of(4, 3));
        io.github.bitgrain.core.graph.Graph graph = io.github.bitgrain.core.graph.Graph.builder("loss").input("x", Shape.of(1, 3)).input("t", Shape.of(1, 3))
                .node("ce", new io.github.bitgrain.core.op.CrossEntropy(), List.of("x", "t"), "l").output("l").build();
        try (Executor executor = new Executor(new io.github.bitgrain.core.graph.Model(graph, new io.github.bitgrain.core.graph.Parameters()))) {
            assertEquals(sum / total, executor.run(Map.of("x", logits, "t", rows)).get("l").data()[0], 1e-6);
        }
    }

    /** The formulas of the specification, three steps by hand. */
    @Test
    void optimizersFollowTheirFormulas() {
        for (Kind kind : Kind.values()) {
            for (boolean nesterov : new boolean[] {false, true}) {
                double w = 0.7;
                double m = 0;
                double v = 0;
                Linear layer = new Linear(new Tensor(Shape.of(1, 1), new float[] {0.7f}), null);
                Tensor x = new Tensor(Shape.of(1, 1), new float[] {2f});
                TrainingData one = new TrainingData(DataSource.of(Map.of(Network.INPUT, x)), new Tensor(Shape.of(1, 1), new float[] {-1f}));
                TrainingParams params = TrainingParams.of(3, 1, Loss.meanSquaredError(), LearningRate.constant(0.01))
                        .optimizer(new Optimization(kind, 0.9, nesterov, 0.1, false)).watching(Metric.LOSS, 0, Keep.LAST);
                new Trainer(new ModuleTrainee(layer, Shape.of(1, 1)), one, one, params, TrainingListener.NONE).train();
                for (int t = 1; t <= 3; t++) {
                    double g = 2 * (2 * w + 1) * 2;
                    if (kind == Kind.SGD) {
                        g += 0.1 * w;
                        m = 0.9 * m + g;
                        w -= 0.01 * (nesterov ? g + 0.9 * m : m);
                    } else {
                        g += kind == Kind.ADAM ? 0.1 * w : 0;
                        w *= kind == Kind.ADAMW ? 1 - 0.01 * 0.1 : 1;
                        m = 0.9 * m + 0.1 * g;
                        v = 0.999 * v + 0.001 * g * g;
                        w -= 0.01 * (m / (1 - Math.pow(0.9, t))) / (Math.sqrt(v / (1 - Math.pow(0.999, t))) + 1e-8);
                    }
                }
                assertEquals(w, layer.weight().data()[0], 1e-6, kind + (nesterov ? " nesterov" : ""));
            }
        }
    }

    /** Row 54: a layer of two bits among wide ones costs most; exact paths; quantizers are left as they were. */
    @Test
    void sensitivityRanksTheLayers() {
        Sequential net = net(1);
        train(net, params(6));
        QuantDescriptor two = QuantDescriptor.builder().numBits(2).build();
        SelectiveQuantizer selective = new SelectiveQuantizer().map("conv2", new io.github.bitgrain.quantizer.nn.QuantizationRule(
                io.github.bitgrain.quantizer.nn.QuantizationRule.Action.REPLACE,
                (module, in, weight) -> new io.github.bitgrain.quantizer.nn.QuantConv2d((Conv2d) module, in, weight), two, two));
        Sequential quantized = selective.quantizedCopy(net);
        new QuantizationCalibrator(QuantizationCalibrator.Options.DEFAULT).calibrate(quantized, IMAGE, train.inputs().batches(16));
        TrainingParams watching = params(1).watching(Metric.LOSS, 0, Keep.BEST);
        Sensitivity report = Sensitivity.of(quantized, IMAGE, valid, watching);
        assertEquals("conv2", report.layers().getFirst().path(), report.text());
        assertEquals(List.of("block.branch.conv", "block.residual", "conv1", "conv2", "fc", "pool"),
                report.layers().stream().map(Sensitivity.Layer::path).sorted().toList());
        assertEquals(Trainer.validate(new ModuleTrainee(net, IMAGE).evaluation(), valid, watching)[1], report.floatScore(), 1e-9);
        assertTrue(QuantizationCalibrator.quantizers(quantized).values().stream().allMatch(TensorQuantizer::isEnabled));
        assertTrue(report.text().contains("conv2"));
    }

    @Test
    void descriptorsReachTheManifest() {
        Sequential net = new Sequential(new TensorQuantizer(QuantDescriptor.builder().numBits(3).build()));
        assertEquals("{num_bits=3, name=null}", new ModuleTrainee(net, IMAGE).manifest().get("0"));
    }
}
