package io.github.bitgrain.core.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
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

    /** Large ones that are not near the least at once are placed again and again. */
    @Property(tries = 100)
    void searchedPlacesNeverOverlap(@ForAll long seed) {
        Random random = new Random(seed);
        List<Buffer> buffers = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            Buffer buffer = new Buffer(1 + random.nextInt(1 << 4 + random.nextInt(14)));
            int first = random.nextInt(30);
            buffer.usedBy(first);
            buffer.usedBy(first + random.nextInt(10));
            buffers.add(buffer);
        }
        Placement placement = Placement.of(buffers);
        assertTrue(placement.size() >= Placement.least(buffers));
        placement.apply(new float[placement.size()]);
        for (Buffer one : buffers) {
            assertTrue(one.offset() + one.size() <= one.data().length);
            for (Buffer other : buffers) {
                boolean together = one != other && one.firstUse() <= other.lastUse() && other.firstUse() <= one.lastUse();
                assertTrue(!together || one.offset() + one.size() <= other.offset() || other.offset() + other.size() <= one.offset());
            }
        }
    }

    @Test
    void theLeastIsWhatLivesAtOnce() {
        List<Buffer> buffers = IntStream.of(100, 33, 16, 50).mapToObj(Buffer::new).toList();
        int[][] lives = {{0, 2}, {1, 1}, {2, 5}, {3, 4}};
        for (int i = 0; i < lives.length; i++) {
            buffers.get(i).usedBy(lives[i][0]);
            buffers.get(i).usedBy(lives[i][1]);
        }
        assertEquals(133, Placement.least(buffers));
        assertEquals(0, Placement.least(List.of()));
    }

    @Test
    void nothingTakesNoRoom() {
        assertEquals(0, Placement.of(List.of()).size());
    }
}
