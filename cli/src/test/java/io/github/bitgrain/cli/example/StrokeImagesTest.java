package io.github.bitgrain.cli.example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.bitgrain.cli.example.StrokeImages.Split;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class StrokeImagesTest {
    private static final int PIXELS = StrokeImages.SIZE * StrokeImages.SIZE;

    @Test
    void thePicturesAreTheSameBytesOnEveryMachine() {
        byte[] pixels = new byte[64 * PIXELS];
        for (int i = 0; i < 64; i++) {
            StrokeImages.draw(Split.EVALUATION, i, pixels, i * PIXELS);
        }
        CRC32 crc = new CRC32();
        crc.update(pixels);
        assertEquals(3260710398L, crc.getValue());
    }

    @Test
    void drawingAgainGivesTheSamePicture() {
        byte[] first = picture(Split.TRAIN, 77);
        byte[] second = picture(Split.TRAIN, 77);
        assertArrayEquals(first, second);
    }

    @Test
    void noPictureIsInTwoSplits() {
        Set<Integer> seen = new HashSet<>();
        int drawn = 0;
        for (Split split : Split.values()) {
            for (int i = 0; i < 300; i++) {
                seen.add(Arrays.hashCode(picture(split, i)));
                drawn++;
            }
        }
        assertEquals(drawn, seen.size());
    }

    @Test
    void classesAreEquallyFrequent() {
        int[] counts = new int[StrokeImages.CLASSES];
        for (int i = 0; i < 25 * StrokeImages.CLASSES; i++) {
            counts[StrokeImages.label(Split.EVALUATION, i)]++;
        }
        assertFalse(Arrays.stream(counts).anyMatch(count -> count != 25));
    }

    private static byte[] picture(Split split, int index) {
        byte[] pixels = new byte[PIXELS];
        StrokeImages.draw(split, index, pixels, 0);
        return pixels;
    }
}
