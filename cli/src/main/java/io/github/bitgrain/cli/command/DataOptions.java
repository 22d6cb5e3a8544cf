package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.data.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How values of the data become values of the network's inputs. */
final class DataOptions {
    @Option(
            names = "--scale",
            paramLabel = "[NAME=]K[,K...]",
            description = "Factor of each value, also as a fraction: 1/255. Default 1/255 for uint8 and images, else 1.")
    private List<String> scale = new ArrayList<>();

    @Option(
            names = "--mean",
            paramLabel = "[NAME=]M[,M...]",
            description = "Subtracted after --scale; one number, or one for each channel.")
    private List<String> mean = new ArrayList<>();

    @Option(
            names = "--std",
            paramLabel = "[NAME=]S[,S...]",
            description = "Divisor after --mean: x = (value * scale - mean) / std. NAME= binds a flag to one of several inputs.")
    private List<String> std = new ArrayList<>();

    Preprocessing preprocessing() {
        return Preprocessing.parse(scale, mean, std);
    }
}
