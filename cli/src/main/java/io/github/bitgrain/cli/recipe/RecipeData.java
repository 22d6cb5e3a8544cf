package io.github.bitgrain.cli.recipe;

import io.github.bitgrain.cli.data.InputData;
import io.github.bitgrain.cli.data.Preprocessing;
import io.github.bitgrain.cli.data.Samples;
import io.github.bitgrain.cli.example.StrokeData;
import io.github.bitgrain.cli.example.StrokeImages.Split;
import io.github.bitgrain.cli.pipeline.InputPolicy;
import io.github.bitgrain.cli.settings.RecipeSettings.DatasetParams;
import io.github.bitgrain.cli.settings.RecipeSettings.Part;
import io.github.bitgrain.cli.settings.RecipeSettings;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.qat.Augmentation;
import io.github.bitgrain.quantizer.qat.TrainingData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The data of a recipe; files stay open until it is closed. */
final class RecipeData implements AutoCloseable {
    private static final int EXAMPLE_SAMPLES = 4096;
    private static final String MIXTURE = "RandomMixture";

    private final DatasetParams params;
    private final Map<String, List<Shape>> inputs;
    private final List<InputData> open = new ArrayList<>();

    RecipeData(DatasetParams params, Map<String, List<Shape>> inputs) {
        this.params = params;
        this.inputs = inputs;
    }

    TrainingData train() {
        return data("train_dataset_params", params.trainDatasetParams(), Split.TRAIN);
    }

    TrainingData valid() {
        return data("val_dataset_params", params.valDatasetParams(), Split.EVALUATION);
    }

    /** Calibration samples: their own, or the training samples without augmentation. */
    InputPolicy.Samples calibration() {
        Part part = params.calibDatasetParams();
        return part.data().isEmpty()
                ? source("train_dataset_params", params.trainDatasetParams(), Split.TRAIN)
                : source("calib_dataset_params", part, Split.CALIBRATION);
    }

    private TrainingData data(String name, Part part, Split split) {
        if (part.data().isEmpty()) {
            throw BitgrainException.usage("dataset_params." + name + ".data is missing: samples as quantize --calib takes them");
        }
        return new TrainingData(source(name, part, split).data(), labels(part, split), augmentation(name, part), mixed(name, part));
    }

    private InputPolicy.Samples source(String name, Part part, Split split) {
        if (part.data().equals(RecipeSettings.EXAMPLE)) {
            DataSource pictures = StrokeData.pictures(split, part.samples() == 0 ? EXAMPLE_SAMPLES : part.samples());
            Map<String, Preprocessing.Affine> none = new LinkedHashMap<>();
            inputs.keySet().forEach(input -> none.put(input, Preprocessing.Affine.IDENTITY));
            return new InputPolicy.Samples(pictures, Map.of(), none);
        }
        InputData data = InputData.open(Path.of(part.data()), inputs, Preprocessing.parse(list(params.scale()), list(params.mean()), list(params.std())));
        open.add(data);
        if (part.samples() > data.samples()) {
            throw BitgrainException.usage("dataset_params." + name + ".samples: " + part.samples() + ", but " + part.data() + " has " + data.samples());
        }
        InputPolicy.Samples all = InputPolicy.Samples.of(data);
        return part.samples() == 0 ? all : new InputPolicy.Samples(data.range(0, part.samples()), all.levels(), all.preprocessing());
    }

    private static List<String> list(String option) {
        return option.isEmpty() ? List.of() : List.of(option);
    }

    private static Tensor labels(Part part, Split split) {
        if (part.data().equals(RecipeSettings.EXAMPLE)) {
            int[] labels = StrokeData.labels(split, part.samples() == 0 ? EXAMPLE_SAMPLES : part.samples());
            float[] values = new float[labels.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = labels[i];
            }
            return Tensor.vector(values);
        }
        if (part.labels().isEmpty()) {
            return null;
        }
        try (Samples array = InputData.array(Path.of(part.labels()))) {
            long[] labels = array.longs();
            float[] values = new float[part.samples() == 0 ? labels.length : Math.min(labels.length, part.samples())];
            for (int i = 0; i < values.length; i++) {
                values[i] = labels[i];
            }
            return Tensor.vector(values);
        }
    }

    private static Augmentation augmentation(String name, Part part) {
        Augmentation augmentation = Augmentation.NONE;
        for (Object transform : part.transforms()) {
            String word = transform instanceof Map<?, ?> map && map.size() == 1 ? map.keySet().iterator().next().toString() : transform.toString();
            Object argument = transform instanceof Map<?, ?> map && map.size() == 1 ? map.values().iterator().next() : "";
            augmentation = augmentation.then(switch (word) {
                case "RandomShift" -> Augmentation.shift(pixels(name, argument), 0f);
                case "RandomHorizontalFlip" -> Augmentation.mirror();
                case MIXTURE -> Augmentation.NONE;
                default -> throw BitgrainException.usage("dataset_params." + name + ".transforms: unknown '" + word
                        + "'; known: RandomShift: PIXELS, RandomHorizontalFlip, RandomMixture: SHARE");
            });
        }
        return augmentation;
    }

    private static double mixed(String name, Part part) {
        for (Object transform : part.transforms()) {
            Object share = transform instanceof Map<?, ?> map ? map.get(MIXTURE) : transform.equals(MIXTURE) ? "" : null;
            if (share != null) {
                try {
                    return Double.parseDouble(share.toString());
                } catch (NumberFormatException e) {
                    throw BitgrainException.usage("dataset_params." + name + ".transforms: RandomMixture needs a share, not '" + share + "'");
                }
            }
        }
        return 0;
    }

    private static int pixels(String name, Object argument) {
        try {
            return Integer.parseInt(argument.toString());
        } catch (NumberFormatException e) {
            throw BitgrainException.usage("dataset_params." + name + ".transforms: RandomShift needs a number of pixels, not '" + argument + "'");
        }
    }

    @Override
    public void close() {
        open.forEach(InputData::close);
    }
}
