package io.github.bitgrain.tests.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.quantizer.calibrate.Batches;
import io.github.bitgrain.quantizer.tqt.BlockReport;
import io.github.bitgrain.quantizer.tqt.Tqt;
import io.github.bitgrain.quantizer.tqt.TqtListener;
import io.github.bitgrain.quantizer.tqt.TqtResult;
import io.github.bitgrain.quantizer.tqt.TqtSetting;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * ESP-PPQ's TQT, step by step. Weights trained near a rounding threshold jump, so that a difference in the last bit of a sum
 * grows: from some step on a trajectory is a matter of chance (on lenet's first block a learning rate 1e-6 larger changes
 * the final loss by up to 20 %). What comes before is compared closely.
 */
class TqtParityTest {
    private static final String TINY = "golden/esp-ppq/e2e/tiny/";

    private static JsonNode json(String relative) throws IOException {
        return new ObjectMapper().readTree(SharedData.path(relative).toFile());
    }

    private static TqtSetting setting(JsonNode tqt) {
        return new TqtSetting(List.of(), tqt.get("steps").asInt(), tqt.get("lr").asDouble(), tqt.get("block_size").asInt(),
                tqt.path("is_scale_trainable").asBoolean(true), tqt.path("gamma").asDouble(0), tqt.path("int_lambda").asDouble(0),
                TqtSetting.Collecting.MEMORY, 0, false, false, false, 0, 0, 0, 0, false, false, false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"c_8_kl_lr5e-2_l0", "c_8_minmax_lr1e-2_l0.25", "c_8_percentile_gamma", "esp32p4_8_kl_lr5e-2_l0",
            "esp32p4_8_minmax_lr1e-2_l0.25", "esp32p4_8_percentile_gamma", "esp32s3_8_kl_lr5e-2_l0",
            "esp32s3_8_minmax_coarse_lr2e-2_l0", "esp32s3_8_minmax_lr1e-2_l0.25", "esp32s3_8_percentile_gamma"})
    void everyStepOfATinyNetworkIsTheSame(String run) throws IOException {
        JsonNode golden = json(TINY + run + ".traj.json");
        TqtResult result = train(golden, run);
        for (int b = 0; b < result.blocks().size(); b++) {
            BlockReport block = result.blocks().get(b);
            JsonNode expected = golden.get("blocks").get(b);
            assertEquals(expected.get("pre").asDouble(), block.lossBefore(), 1e-5 * expected.get("pre").asDouble(), block.name());
            assertEquals(expected.get("post").asDouble(), block.lossTrained(), 1e-5 * expected.get("post").asDouble(), block.name());
            assertEquals(expected.get("accepted").asBoolean(), block.accepted(), block.name());
            for (int step = 0; step < block.losses().length; step++) {
                double loss = expected.get("mse").get(step).asDouble();
                assertEquals(loss, block.losses()[step], 1e-5 * loss, block.name() + " step " + step);
            }
        }
    }

    private static TqtResult train(JsonNode golden, String run) throws IOException {
        Model model = OnnxReader.read(SharedData.path("golden/esp-ppq/models/tiny.onnx"));
        Npy calibration = Npy.read(SharedData.path(TINY + "calib.npy"));
        int[] shape = calibration.shape();
        Tensor x = new Tensor(Shape.of(shape[0] * shape[1], shape[2], shape[3], shape[4]), calibration.floats());
        QuantPlan plan = start(GoldenPlan.read(SharedData.path(TINY + run + ".traj.json"), "final", Target.parse(run.split("_")[0])), model, golden);
        return Tqt.parity(model, plan, new Batches(DataSource.of(Map.of("x", x)), shape[1], shape[0]), setting(golden.get("tqt")), TqtListener.NONE, 1);
    }

    /** The plan before training: thresholds after the first step, less than half a bit away, rounded; biases derived. */
    private static QuantPlan start(QuantPlan last, Model model, JsonNode golden) {
        Map<String, int[]> exponents = new HashMap<>();
        for (JsonNode block : golden.get("blocks")) {
            JsonNode alphas = block.get("steps").get(0).get("alpha");
            alphas.fieldNames().forEachRemaining(name -> {
                int[] rounded = new int[alphas.get(name).size()];
                for (int i = 0; i < rounded.length; i++) {
                    rounded[i] = (int) Math.rint(alphas.get(name).get(i).asDouble());
                }
                exponents.putIfAbsent(name, rounded);
            });
        }
        QuantPlan.Builder plan = last.edit();
        for (Slot slot : last.slots()) {
            Node node = model.graph().node(slot.node());
            String value = slot.side() == Slot.Side.INPUT ? node.input(slot.index()) : node.output();
            int[] known = exponents.get(value.equals("/c1/Conv_output_0") ? "/Relu_output_0" : value);
            if (known != null) {
                plan.exponents(slot, Exponents.of(known));
            }
        }
        for (Node node : model.graph().nodes()) {
            if (node.op() instanceof Conv) {
                plan.exponents(Slot.input(node.name(), 2),
                        plan.exponents(Slot.input(node.name(), 1)).plus(plan.exponents(Slot.input(node.name(), 0)).single()));
            }
        }
        return plan.build();
    }

    @Test
    void blocksOfMobilenetEndWithTheSameLossAndVerdict() throws IOException {
        GoldenModel golden = GoldenModel.of("mbv2");
        JsonNode result = json("golden/esp-ppq/e2e/mbv2/esp32s3_8_kl_tqt.result.json");
        QuantPlan plan = GoldenPlan.read(SharedData.path("golden/esp-ppq/e2e/mbv2/esp32s3_8_kl.scales.json"), Target.ESP32S3);
        TqtResult trained = Tqt.parity(golden.model(), plan, new Batches(golden.calibration(), golden.batch(), 16), setting(result.get("tqt")),
                TqtListener.NONE, 1);
        assertEquals(result.get("tqt_blocks").size(), trained.blocks().size());
        for (int b = 0; b < trained.blocks().size(); b++) {
            BlockReport block = trained.blocks().get(b);
            JsonNode expected = result.get("tqt_blocks").get(b);
            assertEquals(expected.get("accepted").asBoolean(), block.accepted(), block.name());
            assertEquals(expected.get("post").asDouble(), block.lossTrained(), 0.025 * expected.get("post").asDouble(), block.name());
        }
        assertEquals(0, trained.exponentsMoved());
    }

    @ParameterizedTest
    @ValueSource(strings = {"esp32s3_8_kl_tqt", "esp32p4_8_kl_tqt"})
    void lenetFollowsTheSamePathUntilChanceTakesOver(String run) throws IOException {
        GoldenModel golden = GoldenModel.of("lenet");
        JsonNode result = json("golden/esp-ppq/e2e/lenet/" + run + ".result.json");
        Target target = Target.parse(run.split("_")[0]);
        QuantPlan plan = GoldenPlan.read(SharedData.path("golden/esp-ppq/e2e/lenet/" + run.replace("_tqt", "") + ".scales.json"), target);
        TqtResult trained = Tqt.parity(golden.model(), plan, new Batches(golden.calibration(), golden.batch(), 16), setting(result.get("tqt")),
                TqtListener.NONE, 1);
        JsonNode first = result.get("tqt_blocks").get(0);
        for (int step = 0; step < 40; step++) {
            double loss = first.get("loss_first").get(step).asDouble();
            assertEquals(loss, trained.blocks().getFirst().losses()[step], 1e-3 * loss, "step " + step);
        }
        for (int b = 1; b < trained.blocks().size(); b++) {
            double post = result.get("tqt_blocks").get(b).get("post").asDouble();
            assertEquals(post, trained.blocks().get(b).lossTrained(), 0.04 * post, trained.blocks().get(b).name());
            assertTrue(trained.blocks().get(b).accepted());
        }
    }
}
