package io.github.bitgrain.cli.data;

import io.github.bitgrain.quantizer.analyze.InputVariant;
import io.github.bitgrain.quantizer.input.InputMap;
import java.util.ArrayList;
import java.util.List;

/** What networks are usually trained with: the options that a user may have meant. */
final class UsualPreprocessing {
    private static final int COLOURS = 3;

    /**
     * Values of the three options; an empty text leaves one out.
     *
     * @param channels number of channels it is for; 0: any
     */
    private record Choice(int channels, String scale, String mean, String std) {
        Preprocessing preprocessing() {
            return Preprocessing.parse(given(scale), given(mean), given(std));
        }

        private static List<String> given(String value) {
            return value.isEmpty() ? List.of() : List.of(value);
        }

        /** As on the command line; {@code prefix} binds to one of several inputs. */
        String options(String prefix) {
            return "--scale " + prefix + scale + (mean.isEmpty() ? "" : " --mean " + prefix + mean) + (std.isEmpty() ? "" : " --std " + prefix + std);
        }
    }

    private static final String IMAGENET_MEAN = "0.485,0.456,0.406";
    private static final String IMAGENET_STD = "0.229,0.224,0.225";

    private static final List<Choice> CHOICES = List.of(
            // Bytes, as they are and to 0 … 1, −1 … 1, by the statistics of ImageNet (torchvision, Caffe), CIFAR-10, MNIST.
            new Choice(0, "1", "", ""),
            new Choice(0, "1/255", "", ""),
            new Choice(0, "1/127.5", "1", ""),
            new Choice(COLOURS, "1/255", IMAGENET_MEAN, IMAGENET_STD),
            new Choice(COLOURS, "1", "123.68,116.779,103.939", ""),
            new Choice(COLOURS, "1", "103.939,116.779,123.68", ""),
            new Choice(COLOURS, "1/255", "0.4914,0.4822,0.4465", "0.247,0.2435,0.2616"),
            new Choice(1, "1/255", "0.1307", "0.3081"),
            // From 0 … 1.
            new Choice(0, "255", "", ""),
            new Choice(0, "2", "1", ""),
            new Choice(COLOURS, "1", IMAGENET_MEAN, IMAGENET_STD),
            new Choice(COLOURS, "255", "123.68,116.779,103.939", ""),
            new Choice(COLOURS, "255", "103.939,116.779,123.68", ""),
            new Choice(1, "1", "0.1307", "0.3081"),
            // From −1 … 1.
            new Choice(0, "1/2", "-1/2", ""),
            new Choice(0, "127.5", "-127.5", ""),
            // Audio of 16 bits.
            new Choice(0, "1/32768", "", ""),
            new Choice(0, "32768", "", ""));

    private UsualPreprocessing() {}

    /**
     * The forms that the values of an input would have had by the usual options, and by the given ones with reversed channels.
     *
     * @param prefix binds options to the input, or is empty
     * @param given what is done to the values
     */
    static List<InputVariant> variants(String prefix, String input, Samples samples, Preprocessing.Affine given) {
        int channels = samples.shape().isEmpty() ? 1 : samples.shape().getFirst();
        List<InputVariant> variants = new ArrayList<>();
        for (Choice choice : CHOICES) {
            if (choice.channels() == 0 || choice.channels() == channels) {
                add(variants, choice.options(prefix), given.toward(choice.preprocessing().forInput(input, samples)), false);
            }
        }
        if (channels == COLOURS) {
            add(variants, "", given.reversed(), true);
        }
        return variants;
    }

    private static void add(List<InputVariant> variants, String advice, InputMap map, boolean reversed) {
        if (map != null) {
            variants.add(new InputVariant(advice, map, reversed));
        }
    }
}
