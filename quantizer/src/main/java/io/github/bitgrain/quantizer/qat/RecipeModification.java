package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.BitgrainException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns the recipe of a float training into one of quantization-aware training by rules of thumb (SuperGradients:
 * QATRecipeModificationCallback): a tenth of the epochs, a hundredth of the rate, a cosine.
 *
 * @param batchSizeDivisor divides batch sizes where {@link BatchRule} says so
 * @param batchRule when batch sizes are divided
 * @param maxEpochsDivisor divides the number of epochs
 * @param lrDecayFactor multiplies rates and weight decay
 * @param warmUpEpochsDivisor the new number of epochs divided by this is warm-up
 * @param cosineFinalLrRatio last rate ÷ first
 * @param disablePhaseCallbacks whether callbacks are taken out
 * @param disableAugmentations whether training samples are used like validation samples
 */
public record RecipeModification(
        int batchSizeDivisor,
        BatchRule batchRule,
        int maxEpochsDivisor,
        double lrDecayFactor,
        int warmUpEpochsDivisor,
        double cosineFinalLrRatio,
        boolean disablePhaseCallbacks,
        boolean disableAugmentations) {
    /** Runs of at most this many epochs have no warm-up: it would be all that they do. */
    private static final int SHORT_RUN = 2;

    /** When batch sizes are divided. */
    public enum BatchRule {
        /** Always. */
        ALWAYS,
        /** When ranges are learned, which takes memory. */
        LEARN_AMAX,
        /** Never. */
        NEVER
    }

    /** Upstream's defaults. */
    public static final RecipeModification DEFAULT = new RecipeModification(2, BatchRule.LEARN_AMAX, 10, 0.01, 10, 0.01, true, false);

    /** Checks the divisors. */
    public RecipeModification {
        if (batchSizeDivisor < 1 || maxEpochsDivisor < 1 || warmUpEpochsDivisor < 1) {
            throw BitgrainException.usage("QATRecipeModificationCallback: divisors are at least 1");
        }
    }

    /**
     * The modified recipe; the given one stays as it is.
     *
     * @param recipe nested maps under SuperGradients' names
     * @throws BitgrainException (usage) naming what the recipe lacks
     */
    public Map<String, Object> apply(Map<String, ?> recipe) {
        Map<String, Object> modified = copy(recipe);
        Map<String, Object> training = section(modified, "training_hyperparams");
        Map<String, Object> optimizer = section(training, "training_hyperparams.optimizer_params");
        boolean learns = Boolean.TRUE.equals(find(modified, "quantization_params.selective_quantizer_params.learn_amax"));
        if (batchRule == BatchRule.ALWAYS || batchRule == BatchRule.LEARN_AMAX && learns) {
            for (String loader : new String[] {"train_dataloader_params", "val_dataloader_params"}) {
                if (find(modified, "dataset_params." + loader) instanceof Map<?, ?> map && map.get("batch_size") instanceof Number size) {
                    asMap(map).put("batch_size", Math.max(1, size.intValue() / batchSizeDivisor));
                }
            }
        }
        int before = number(training, "training_hyperparams.max_epochs").intValue();
        int epochs = Math.max(1, before / maxEpochsDivisor);
        training.put("max_epochs", epochs);
        Object rate = training.get("initial_lr");
        if (rate == null) {
            throw BitgrainException.usage("QATRecipeModificationCallback: training_hyperparams.initial_lr is missing");
        }
        Object scaled = scaled(rate);
        training.put("initial_lr", scaled);
        optimizer.put("weight_decay", number(optimizer, "training_hyperparams.optimizer_params.weight_decay").doubleValue() * lrDecayFactor);
        if (training.get("warmup_initial_lr") instanceof Number first) {
            training.put("warmup_initial_lr", first.doubleValue() * lrDecayFactor);
        } else {
            Object usual = scaled instanceof Map<?, ?> map ? map.get("default") : scaled;
            training.put("warmup_initial_lr", ((Number) usual).doubleValue() * 0.01);
        }
        training.put("lr_warmup_epochs", epochs <= SHORT_RUN ? 0 : Math.max(1, epochs / warmUpEpochsDivisor));
        if (training.get("lr_warmup_steps") instanceof Number steps && steps.intValue() > 0) {
            training.put("lr_warmup_steps", Math.max(1, (int) ((long) steps.intValue() * epochs / before)));
        }
        training.put("lr_mode", "CosineLRScheduler");
        training.put("cosine_final_lr_ratio", cosineFinalLrRatio);
        if (disablePhaseCallbacks) {
            training.put("phase_callbacks", List.of());
        }
        if (disableAugmentations && find(modified, "dataset_params.val_dataset_params") instanceof Map<?, ?> valid && valid.containsKey("transforms")) {
            section(section(modified, "dataset_params"), "dataset_params.train_dataset_params").put("transforms", valid.get("transforms"));
        }
        for (String off : new String[] {"average_best_models", "ema", "sync_bn"}) {
            if (Boolean.TRUE.equals(training.get(off))) {
                training.put(off, false);
            }
        }
        modified.put("multi_gpu", "OFF");
        modified.put("num_gpus", 1);
        return modified;
    }

    private Object scaled(Object rate) {
        if (rate instanceof Number number) {
            return number.doubleValue() * lrDecayFactor;
        }
        if (rate instanceof Map<?, ?> byPrefix) {
            Map<String, Object> each = new LinkedHashMap<>();
            byPrefix.forEach((prefix, value) -> each.put(prefix.toString(), ((Number) value).doubleValue() * lrDecayFactor));
            return each;
        }
        throw BitgrainException.usage("QATRecipeModificationCallback: training_hyperparams.initial_lr is neither a number nor a map of numbers");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> asMap(Object map) {
        return (Map<String, Object>) map;
    }

    private static Map<String, Object> section(Map<String, Object> parent, String path) {
        Object section = parent.get(path.substring(path.lastIndexOf('.') + 1));
        if (section instanceof Map<?, ?>) {
            return asMap(section);
        }
        throw BitgrainException.usage("QATRecipeModificationCallback: " + path + " is missing");
    }

    private static Number number(Map<String, Object> section, String path) {
        Object value = section.get(path.substring(path.lastIndexOf('.') + 1));
        if (value instanceof Number number) {
            return number;
        }
        throw BitgrainException.usage("QATRecipeModificationCallback: " + path + (value == null ? " is missing" : " is no number"));
    }

    private static Object find(Map<String, Object> root, String path) {
        Object at = root;
        for (String key : path.split("\\.")) {
            at = at instanceof Map<?, ?> map ? map.get(key) : null;
        }
        return at;
    }

    private static Map<String, Object> copy(Map<?, ?> map) {
        Map<String, Object> copy = new LinkedHashMap<>();
        map.forEach((key, value) -> copy.put(key.toString(), copyOf(value)));
        return copy;
    }

    private static Object copyOf(Object value) {
        if (value instanceof Map<?, ?> map) {
            return copy(map);
        }
        if (value instanceof List<?> list) {
            List<Object> copies = new ArrayList<>();
            list.forEach(each -> copies.add(copyOf(each)));
            return copies;
        }
        return value;
    }
}
