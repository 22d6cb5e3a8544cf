package io.github.bitgrain.exporter.espdl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.TestVectors;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A file that is read although it is damaged either runs or is refused in one line when it runs. */
class DamagedProgramTest {
    private static final int HEADER = 16;
    private static final int CASES = 1000;

    @ParameterizedTest
    @CsvSource({"esp-ppq/e2e/zoo_act/c_8_kl, c", "espdl-vectors/esp32p4_sine_run, esp32p4", "espdl-vectors/esp32s3_tcn, esp32s3"})
    void damageIsFoundWhenTheProgramRuns(String name, String target) throws IOException {
        byte[] original = Files.readAllBytes(SharedData.path("golden/" + name + ".espdl"));
        List<Integer> places = smallWords(original);
        Random random = new Random(99);
        int ran = 0;
        for (int i = 0; i < CASES; i++) {
            byte[] damaged = original.clone();
            damage(damaged, places.get(random.nextInt(places.size())), random);
            if (runs(damaged, Target.parse(target))) {
                ran++;
            }
        }
        assertTrue(ran > 0 && ran < CASES, ran + " ran");
    }

    /** Words that read as a small number: extents, pads, axes, exponents, counts and offsets. */
    private static List<Integer> smallWords(byte[] file) {
        ByteBuffer words = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        List<Integer> places = new ArrayList<>();
        for (int at = HEADER; at <= file.length - Integer.BYTES; at += Integer.BYTES) {
            if (words.getInt(at) > -40 && words.getInt(at) < 400) {
                places.add(at);
            }
        }
        return places;
    }

    private static void damage(byte[] file, int at, Random random) {
        ByteBuffer words = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        switch (random.nextInt(3)) {
            case 0 -> words.putInt(at, random.nextInt(-3, 20));
            case 1 -> words.putInt(at, words.getInt(at) + random.nextInt(-3, 4));
            default -> file[at] ^= (byte) (1 << random.nextInt(4));
        }
    }

    private static boolean runs(byte[] file, Target target) {
        try {
            ChipProgram program = EspdlReader.read("damaged", file);
            TestVectors.verify(program, target);
            return true;
        } catch (BitgrainException e) {
            assertEquals(BitgrainException.Kind.BAD_INPUT, e.kind(), e.getMessage());
            return false;
        }
    }
}
