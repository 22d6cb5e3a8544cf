package io.github.bitgrain.quantizer.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.quantizer.Profile;
import org.junit.jupiter.api.Test;

class IsotoneObserverTest {
    private static final int ROW = 5000;

    /** Two values above thousands of others: the least squared error lets both saturate, and which was the larger is lost. */
    @Test
    void theFirstPlaceIsNotGivenUpForTheErrorOfOthers() {
        float[] row = others();
        row[7] = 1.05f;
        row[8] = 1.03f;
        assertEquals(-7, exponent("mse", row(row)));
        assertEquals(-6, exponent("isotone", row(row)));
    }

    /** Two small values close to each other need a step that lets the large ones of other rows saturate, once each. */
    @Test
    void mostRowsDecideAndNotTheLargestValue() {
        float[] rows = new float[12];
        for (int i = 0; i < 4; i++) {
            rows[3 * i] = 0.25f;
            rows[3 * i + 1] = 0.24f;
            rows[3 * i + 2] = -1;
        }
        rows[0] = 2.5f;
        rows[1] = 0;
        rows[2] = 0;
        assertEquals(-5, exponent("minmax", view(rows, Shape.of(4, 3), 1, rows.length, rows.length, false)));
        assertTrue(exponent("isotone", view(rows, Shape.of(4, 3), 1, rows.length, rows.length, false)) <= -6);
    }

    @Test
    void whereNoFirstPlaceIsInDangerTheErrorDecides() {
        assertEquals(exponent("mse", row(others())), exponent("isotone", row(others())));
    }

    /** Padding behind the channels of a position is no value. */
    @Test
    void theChannelsOfAPositionAreARow() {
        float[] values = new float[2 * 16];
        values[0] = 1;
        values[1] = 0.99f;
        values[16] = 0.99f;
        values[17] = 1;
        values[5] = 9;
        float[] dense = {1, 0.99f, 0.99f, 1};
        assertEquals(exponent("isotone", view(dense, Shape.of(2, 2), 1, 4, 4, false)),
                exponent("isotone", view(values, Shape.of(1, 2, 1, 2), 2, 2, 16, true)));
    }

    @Test
    void parityRefusesItWithTheReason() {
        SlotConfig config = new SlotConfig(8, Rounding.HALF_EVEN, SlotConfig.PER_TENSOR, "isotone", SlotState.INITIAL, null);
        BitgrainException refused = assertThrows(BitgrainException.class, () -> Observers.create(config, Profile.PARITY));
        assertEquals(BitgrainException.Kind.USAGE, refused.kind());
        assertTrue(refused.getMessage().contains("no powers of two"), refused.getMessage());
    }

    private static float[] others() {
        float[] row = new float[ROW];
        for (int i = 0; i < ROW; i++) {
            row[i] = (float) Math.sin(i) * 0.9f;
        }
        return row;
    }

    private static ValueView row(float[] values) {
        return view(values, Shape.of(1, values.length), 1, values.length, values.length, false);
    }

    private static ValueView view(float[] values, Shape shape, int rows, int length, int stride, boolean channelsLast) {
        return new ValueView("", shape, values, 0, rows, length, stride, channelsLast, Kernels.floats());
    }

    private static int exponent(String algorithm, ValueView view) {
        Observer observer = Observers.create(
                new SlotConfig(8, Rounding.HALF_EVEN, SlotConfig.PER_TENSOR, algorithm, SlotState.INITIAL, null), Profile.IMPROVED);
        observer.observe(view);
        if (observer.needsSecondPhase()) {
            observer.startSecondPhase();
            observer.observe(view);
        }
        return observer.exponent();
    }
}
