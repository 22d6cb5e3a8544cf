package io.github.bitgrain.cli.metric.detection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.bitgrain.core.BitgrainException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DetectionTest {
    private static Box box(double x0, double x1, double score) {
        return new Box(x0, 0, x1, 10, 0, score);
    }

    @Test
    void overlapIsTheCommonPartOfBothTogether() {
        assertEquals(1 / 3.0, box(0, 10, 1).overlap(box(5, 15, 1)), 1e-12);
        assertEquals(1, box(0, 10, 1).overlap(box(0, 10, 1)));
        assertEquals(0, box(0, 10, 1).overlap(box(10, 20, 1)));
        assertEquals(0, box(3, 3, 1).overlap(box(3, 3, 1)));
    }

    /**
     * Three labelled boxes; verdicts by score: right, wrong, right. Precisions 1, 1/2, 2/3; best from there on 1, 2/3, 2/3; recalls 1/3, 1/3,
     * 2/3. Of the recalls 0 … 1, 34 (0 … 0.33) have precision 1, 33 (0.34 … 0.66) have 2/3, the rest 0.
     */
    @Test
    void averagePrecisionOfAHandComputedCase() {
        List<List<Box>> wanted = List.of(List.of(box(0, 10, 1), box(20, 30, 1)), List.of(box(0, 10, 1)));
        List<List<Box>> found = List.of(List.of(box(0, 10, 0.9), box(40, 50, 0.8)), List.of(box(1, 11, 0.7)));
        assertEquals((34 + 33 * 2 / 3.0) / 101, AveragePrecision.of(found, wanted, 0.5), 1e-12);
        // The last box overlaps by 9/11 = 0.818: at 0.85 only the first one is right.
        assertEquals(34 / 101.0, AveragePrecision.of(found, wanted, 0.85), 1e-12);
    }

    @Test
    void aLabelledBoxIsFoundOnceAndTheNextBestIsTakenThen() {
        List<List<Box>> one = List.of(List.of(box(0, 10, 1)));
        assertEquals(1, AveragePrecision.of(List.of(List.of(box(0, 10, 0.9), box(0, 10, 0.8))), one, 0.5), 1e-12);
        // The copy comes first by score only in the second sample, where nothing is labelled: precision 1/2 at every recall.
        assertEquals(0.5, AveragePrecision.of(List.of(List.of(box(0, 10, 0.8)), List.of(box(0, 10, 0.9))), List.of(one.getFirst(), List.of()), 0.5), 1e-12);
        List<List<Box>> two = List.of(List.of(box(0, 10, 1), box(2, 12, 1)));
        assertEquals(1, AveragePrecision.of(List.of(List.of(box(0, 10, 0.9), box(0, 10, 0.8))), two, 0.5), 1e-12);
        assertEquals(0, AveragePrecision.of(List.of(List.of()), one, 0.5));
    }

    @Test
    void overlappingBoxesOfOneClassAreThinnedOut() {
        Box best = box(0, 10, 0.9);
        Box beside = box(1, 11, 0.8);
        Box other = new Box(0, 0, 10, 10, 1, 0.7);
        Box apart = box(20, 30, 0.95);
        assertEquals(List.of(apart, best, other), Box.suppressed(List.of(beside, best, other, apart), 0.5));
    }

    /** Rows of an end-to-end head: three boxes against two, one pair overlaps enough, one has another class: F1 = 2 · 1 / 5. */
    @Test
    void f1CountsPairsOfOneClassThatOverlapByHalf() {
        DetectionTask task = new DetectionTask(Decoder.XYXY, List.of(), 0.5, 0.5, null);
        Detections own = task.start(List.of(3, 16, 16), List.of(List.of(3, 6)));
        Detections other = own.beside();
        own.add(0, new float[] {0, 0, 10, 10, 0.9f, 0, 4, 4, 8, 8, 0.8f, 1, 0, 0, 10, 9, 0.7f, 0});
        other.add(0, new float[] {0, 0, 10, 8, 0.9f, 0, 4, 4, 8, 8, 0.8f, 2, 0, 0, 9, 9, 0.4f, 0});
        assertEquals(2 / 5.0, own.f1(other, 0.5), 1e-12);
        assertEquals(2 / 5.0, other.f1(own, 0.5), 1e-12);
        assertEquals(1, own.f1(own, 0.5));
        assertEquals(0, own.f1(other, 0.95));
        Detections none = own.beside();
        none.add(0, new float[18]);
        assertEquals(0, own.f1(none, 0.5));
        assertEquals(1, none.f1(none, 0.5));
    }

    private static List<Box> decode(Decoder decoder, List<List<Integer>> shapes, float... data) {
        Geometry geometry = new Geometry(16, 16, List.of());
        List<OutputView> views = new ArrayList<>();
        int start = 0;
        for (List<Integer> shape : shapes) {
            OutputView view = OutputView.of(shape, decoder, geometry);
            views.add(view.on(data, start));
            start += view.size();
        }
        List<Box> boxes = new ArrayList<>();
        decoder.decode(views, geometry, 0.1, boxes);
        return boxes;
    }

    /** Column n of a table with one row a channel, all other columns 0. */
    private static float[] column(int channels, int positions, int n, boolean channelsFirst, float... values) {
        float[] data = new float[channels * positions];
        for (int c = 0; c < channels; c++) {
            data[channelsFirst ? c * positions + n : n * channels + c] = values[c];
        }
        return data;
    }

    @Test
    void cellsAreNumberedRowByRow() {
        // Stride 4: 4 x 4 cells; cell 6 is column 2 of row 1, its middle (10, 6).
        Geometry geometry = new Geometry(16, 16, List.of(4));
        OutputView view = OutputView.of(List.of(6, 16), Decoder.LTRB, geometry).on(column(6, 16, 6, true, 1, 0.5f, 0.25f, 1, 0.2f, 0.8f), 0);
        List<Box> boxes = new ArrayList<>();
        Decoder.LTRB.decode(List.of(view), geometry, 0.1, boxes);
        assertEquals(List.of(new Box(6, 4, 11, 10, 1, 0.8f)), boxes);
    }

    @Test
    void centresAndCornersInEitherOrderOfAxes() {
        List<Box> wanted = List.of(new Box(6, 4, 10, 12, 1, 0.75));
        assertEquals(wanted, decode(Decoder.XYWH, List.of(List.of(6, 9)), column(6, 9, 3, true, 8, 8, 4, 8, 0.5f, 0.75f)));
        assertEquals(wanted, decode(Decoder.XYWH, List.of(List.of(9, 6)), column(6, 9, 3, false, 8, 8, 4, 8, 0.5f, 0.75f)));
        assertEquals(wanted, decode(Decoder.XYXY, List.of(List.of(3, 6)), column(6, 3, 2, false, 6, 4, 10, 12, 0.75f, 1)));
    }

    @Test
    void rawHeadsAreSoftmaxAndSigmoid() {
        // 2 x 2 cells of stride 8. Bins all equal: mean 7.5; bin 1 far above the others: 1.
        float[] distances = new float[64];
        distances[1] = 100;
        distances[17] = 100;
        distances[33] = 100;
        float[] data = new float[64 * 4 + 2 * 4];
        System.arraycopy(column(64, 4, 3, true, distances), 0, data, 0, 64 * 4);
        System.arraycopy(column(2, 4, 3, true, -1, 2), 0, data, 64 * 4, 8);
        Box box = decode(Decoder.DFL, List.of(List.of(64, 2, 2), List.of(2, 2, 2)), data).getLast();
        assertEquals(new Box(4, 4, 20, 72, 1, 1 / (1 + Math.exp(-2))), box);
    }

    @Test
    void outputsThatDoNotFitAreRefused() {
        assertThrows(BitgrainException.class, () -> decode(Decoder.LTRB, List.of(List.of(6, 7)), new float[42]));
        assertThrows(BitgrainException.class, () -> decode(Decoder.XYWH, List.of(List.of(6, 9), List.of(6, 9)), new float[108]));
        assertThrows(BitgrainException.class, () -> decode(Decoder.DFL, List.of(List.of(3, 2, 2), List.of(2, 2, 2)), new float[20]));
        assertThrows(BitgrainException.class, () -> decode(Decoder.FASTESTDET, List.of(List.of(7, 3, 2)), new float[42]));
    }
}
