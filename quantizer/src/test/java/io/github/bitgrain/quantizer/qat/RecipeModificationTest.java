package io.github.bitgrain.quantizer.qat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** spec/ptq-qat-toolkit.md §5.2. */
class RecipeModificationTest {
    private final Map<String, Object> training = new LinkedHashMap<>(Map.of("max_epochs", 100, "initial_lr", 5e-4, "warmup_initial_lr", 1e-6,
            "lr_warmup_epochs", 3, "lr_mode", "StepLRScheduler", "cosine_final_lr_ratio", 0.1, "ema", true, "sync_bn", true,
            "optimizer_params", new LinkedHashMap<>(Map.of("weight_decay", 1e-4)), "phase_callbacks", List.of("x")));
    private final Map<String, Object> recipe = new LinkedHashMap<>(Map.of("training_hyperparams", training, "dataset_params",
            new LinkedHashMap<>(Map.of("train_dataloader_params", new LinkedHashMap<>(Map.of("batch_size", 16)),
                    "val_dataloader_params", new LinkedHashMap<>(Map.of("batch_size", 1)),
                    "train_dataset_params", new LinkedHashMap<>(Map.of("transforms", List.of("flip"))),
                    "val_dataset_params", new LinkedHashMap<>(Map.of("transforms", List.of())))),
            "quantization_params", new LinkedHashMap<>(Map.of("selective_quantizer_params", new LinkedHashMap<>(Map.of("learn_amax", false))))));

    @SuppressWarnings("unchecked")
    private static Map<String, Object> at(Map<String, Object> map, String... path) {
        Map<String, Object> at = map;
        for (String key : path) {
            at = (Map<String, Object>) at.get(key);
        }
        return at;
    }

    @Test
    void theWorkedExampleIsReproduced() {
        Map<String, Object> result = RecipeModification.DEFAULT.apply(recipe);
        Map<String, Object> modified = at(result, "training_hyperparams");
        assertEquals(10, modified.get("max_epochs"));
        assertEquals(5e-6, (double) modified.get("initial_lr"), 1e-18);
        assertEquals(1e-6, (double) at(modified, "optimizer_params").get("weight_decay"), 1e-18);
        assertEquals(1e-8, (double) modified.get("warmup_initial_lr"), 1e-20);
        assertEquals(1, modified.get("lr_warmup_epochs"));
        assertEquals("CosineLRScheduler", modified.get("lr_mode"));
        assertEquals(0.01, modified.get("cosine_final_lr_ratio"));
        assertEquals(false, modified.get("ema"));
        assertEquals(false, modified.get("sync_bn"));
        assertEquals(List.of(), modified.get("phase_callbacks"));
        assertEquals(16, at(result, "dataset_params", "train_dataloader_params").get("batch_size"));
        assertEquals("OFF", result.get("multi_gpu"));
        assertEquals(100, training.get("max_epochs"), "the given recipe stays");
        assertEquals(1e-4, at(training, "optimizer_params").get("weight_decay"));
    }

    @Test
    void batchesAreHalvedWhenRangesAreLearnedOrAlways() {
        at(recipe, "quantization_params", "selective_quantizer_params").put("learn_amax", true);
        Map<String, Object> result = RecipeModification.DEFAULT.apply(recipe);
        assertEquals(8, at(result, "dataset_params", "train_dataloader_params").get("batch_size"));
        assertEquals(1, at(result, "dataset_params", "val_dataloader_params").get("batch_size"));
        RecipeModification never = new RecipeModification(2, RecipeModification.BatchRule.NEVER, 10, 0.01, 10, 0.01, true, true);
        result = never.apply(recipe);
        assertEquals(16, at(result, "dataset_params", "train_dataloader_params").get("batch_size"));
        assertEquals(List.of(), at(result, "dataset_params", "train_dataset_params").get("transforms"));
    }

    /** Upstream trains a single epoch at the warm-up rate, and never leaves a warm-up of 1000 steps. */
    @Test
    void shortRunsHaveNoWarmUpAndStepsShrinkToo() {
        training.put("max_epochs", 10);
        training.put("lr_warmup_steps", 1000);
        Map<String, Object> modified = at(RecipeModification.DEFAULT.apply(recipe), "training_hyperparams");
        assertEquals(1, modified.get("max_epochs"));
        assertEquals(0, modified.get("lr_warmup_epochs"));
        assertEquals(100, modified.get("lr_warmup_steps"));
    }

    @Test
    void ratesByPrefixAreScaledOneByOne() {
        training.put("initial_lr", new LinkedHashMap<>(Map.of("default", 1e-2, "head", 1.0)));
        training.remove("warmup_initial_lr");
        Map<String, Object> modified = at(RecipeModification.DEFAULT.apply(recipe), "training_hyperparams");
        assertEquals(1e-4, (double) at(modified, "initial_lr").get("default"), 1e-18);
        assertEquals(1e-2, (double) at(modified, "initial_lr").get("head"), 1e-18);
        assertEquals(1e-6, (double) modified.get("warmup_initial_lr"), 1e-18);
    }

    @Test
    void whatIsMissingIsNamed() {
        for (String key : new ArrayList<>(List.of("max_epochs", "initial_lr", "optimizer_params"))) {
            Object held = training.remove(key);
            String message = assertThrows(BitgrainException.class, () -> RecipeModification.DEFAULT.apply(recipe)).getMessage();
            assertTrue(message.contains("training_hyperparams." + key + " is missing"), message);
            training.put(key, held);
        }
        at(training, "optimizer_params").remove("weight_decay");
        String message = assertThrows(BitgrainException.class, () -> RecipeModification.DEFAULT.apply(recipe)).getMessage();
        assertTrue(message.contains("optimizer_params.weight_decay is missing"), message);
    }
}
