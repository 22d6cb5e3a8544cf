package io.github.bitgrain.benchmarks.peers;

import ai.onnxruntime.OrtException;
import io.github.bitgrain.benchmarks.MachineLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** Everything that {@code benchmarks/compare} measures: prints the table of ratios and writes a page with roofline plots. */
public final class Comparison {
    private Comparison() {}

    /** Arguments: the page to write, then names of networks (default: all). */
    public static void main(String[] arguments) throws OrtException, IOException {
        Path page = Path.of(arguments[0]);
        List<String> names = arguments.length > 1 ? List.of(arguments).subList(1, arguments.length) : List.copyOf(NetworkRatios.names());
        for (String name : names) {
            if (!NetworkRatios.names().contains(name)) {
                System.err.println("compare: there is no network \"" + name + "\"; there are " + String.join(", ", NetworkRatios.names()));
                System.exit(2);
            }
        }
        MachineLimits limits = MachineLimits.measure();
        List<NetworkRatios.Figures> networks = new ArrayList<>();
        System.out.println("| network | speed ÷ ONNX Runtime | largest difference |\n|---|---|---|");
        for (String name : names) {
            NetworkRatios.Figures figures = NetworkRatios.measure(name, 1, 1, false);
            networks.add(figures);
            System.out.printf("| %s | %.2f | %.1e |%n", name, figures.ratio(), figures.difference());
        }
        Path part = Path.of(page + ".part");
        Files.writeString(part, RooflinePage.of(limits, networks));
        Files.move(part, page, StandardCopyOption.REPLACE_EXISTING);
    }
}
