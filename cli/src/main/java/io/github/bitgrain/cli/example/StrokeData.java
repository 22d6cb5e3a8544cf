package io.github.bitgrain.cli.example;

import io.github.bitgrain.cli.example.StrokeImages.Split;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import java.io.IOException;
import java.io.InputStream;

/** The embedded example: its trained network, and its pictures as network inputs. */
public final class StrokeData {
    /** Name of the embedded network. */
    public static final String MODEL = "strokes.onnx";

    private StrokeData() {}

    /** The embedded network, trained by {@code bitgrain train-example}. */
    public static Model model() {
        try (InputStream in = StrokeData.class.getResourceAsStream(MODEL)) {
            return OnnxReader.read(MODEL, null, in.readAllBytes());
        } catch (IOException e) {
            throw new BitgrainException(BitgrainException.Kind.INTERNAL, MODEL + ": the embedded network cannot be read", e);
        }
    }

    /** The first pictures of a split, drawn into memory. */
    public static DataSource pictures(Split split, int count) {
        return DataSource.of(StrokeTraining.batch(split, 0, count, false));
    }

    /** The labels of {@link #pictures}. */
    public static int[] labels(Split split, int count) {
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = StrokeImages.label(split, i);
        }
        return labels;
    }
}
