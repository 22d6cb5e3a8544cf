package io.github.bitgrain.core.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlacementTest {
    /** Bytes from the start of an array object to its elements, and of a line of the cache. */
    private static final int HEADER = 16;
    private static final int LINE = 64;

    @Test
    void buffersBeginOnLinesOfTheCacheAndThoseAliveTogetherNeverOverlap() {
        List<Buffer> buffers = IntStream.of(100, 33, 16, 1, 7).mapToObj(Buffer::new).toList();
        for (int i = 0; i < buffers.size(); i++) {
            buffers.get(i).usedBy(i);
            buffers.get(i).usedBy(i + 1);
        }
        Placement placement = Placement.of(buffers);
        float[] array = new float[placement.size()];
        placement.apply(array);
        for (int i = 0; i < buffers.size(); i++) {
            Buffer buffer = buffers.get(i);
            assertEquals(0, (HEADER + Float.BYTES * buffer.offset()) % LINE, "buffer " + i);
            assertTrue(buffer.offset() + buffer.size() <= array.length, "buffer " + i);
            if (i > 0) {
                Buffer before = buffers.get(i - 1);
                assertTrue(buffer.offset() + buffer.size() <= before.offset() || before.offset() + before.size() <= buffer.offset(), "buffer " + i);
            }
        }
    }

    @Test
    void nothingTakesNoRoom() {
        assertEquals(0, Placement.of(List.of()).size());
    }
}
