package io.github.bitgrain.cli.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.analyze.InputVariant;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputDataTest {
    @TempDir
    Path folder;

    private static final List<String> NONE = List.of();

    private static byte[] bytes(ElementType type, List<Integer> shape, int... values) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            new NpyWriter(out, type, shape).write(values);
            return out.toByteArray();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    private static float[] all(Path data, Map<String, List<Shape>> inputs, Preprocessing preprocessing, String input) {
        try (InputData opened = InputData.open(data, inputs, preprocessing)) {
            return opened.read(0, opened.samples()).get(input).data();
        }
    }

    private static BitgrainException refused(Path data, Map<String, List<Shape>> inputs, Preprocessing preprocessing) {
        return assertThrows(
                BitgrainException.class, () -> InputData.open(data, inputs, preprocessing).close());
    }

    @Test
    void pixelsAreDividedBy255ByDefaultAndOtherIntegersPass() throws IOException {
        Map<String, List<Shape>> inputs = Map.of("x", List.of(Shape.of(3)));
        Path pixels = file("u.npy", bytes(ElementType.UINT8, List.of(1, 3), 0, 7, 255));
        assertArrayEquals(new float[] {0, 7 / 255f, 1}, all(pixels, inputs, Preprocessing.defaults(), "x"));
        Path tokens = file("i.npy", bytes(ElementType.INT64, List.of(1, 3), 0, -7, 255));
        assertArrayEquals(new float[] {0, -7, 255}, all(tokens, inputs, Preprocessing.defaults(), "x"));
    }

    @Test
    void axesOfOneElementMayBeLeftOutOrAdded() throws IOException {
        Map<String, List<Shape>> inputs = Map.of("x", List.of(Shape.of(1, 2, 3), Shape.of(2, 3, 1)));
        for (List<Integer> shape : List.of(List.of(2, 2, 3), List.of(2, 1, 1, 2, 3), List.of(2, 2, 1, 3))) {
            Path data = file("x.npy", bytes(ElementType.INT8, shape, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
            try (InputData opened = InputData.open(data, inputs, Preprocessing.defaults())) {
                assertEquals(Shape.of(1, 2, 3), opened.sampleShapes().get("x"));
                assertArrayEquals(new float[] {7, 8, 9, 10, 11, 12}, opened.read(1, 1).get("x").data());
            }
        }
        BitgrainException other = refused(file("x.npy", bytes(ElementType.INT8, List.of(1, 3, 2), 1, 2, 3, 4, 5, 6)), inputs, Preprocessing.defaults());
        assertTrue(other.getMessage().contains("samples have shape [3, 2], input x of the model takes [1, 2, 3] or [2, 3, 1]"), other.getMessage());
    }

    @Test
    void everyPixelEqualsTheFormulaInFloatArithmetic() throws IOException {
        int[] values = new int[256];
        for (int i = 0; i < 256; i++) {
            values[i] = i;
        }
        Path data = file("u.npy", bytes(ElementType.UINT8, List.of(1, 256), values));
        float[] x = all(data, Map.of("x", List.of(Shape.of(256))),
                Preprocessing.parse(List.of("1/255"), List.of("0.5"), List.of("0.25")), "x");
        for (int i = 0; i < 256; i++) {
            assertEquals((i / 255f - 0.5f) / 0.25f, x[i]);
        }
    }

    @Test
    void meansAndDeviationsAreTakenPerChannel() throws IOException {
        Path data = file("f.npy", NpyTest.floats(List.of(2, 2, 1, 2), 1, 2, 3, 4, 5, 6, 7, 8));
        float[] x = all(data, Map.of("x", List.of(Shape.of(2, 1, 2))), Preprocessing.parse(NONE, List.of("1,2"), List.of("1,2")), "x");
        assertArrayEquals(new float[] {0, 1, 0.5f, 1, 4, 5, 2.5f, 3}, x);
    }

    @Test
    void wrongNumberOfChannelValuesIsAUsageError() throws IOException {
        Path data = file("f.npy", NpyTest.floats(List.of(1, 2), 1, 2));
        BitgrainException e = refused(data, Map.of("x", List.of(Shape.of(2))), Preprocessing.parse(NONE, List.of("1,2,3"), NONE));
        assertEquals("--mean: 3 values for input x, which has 2 channels (first axis of a sample)", e.getMessage());
        assertEquals(BitgrainException.Kind.USAGE, e.kind());
    }

    @Test
    void numbersThatAreNoneAreNamed() {
        for (String bad : List.of("abc", "1/0", "", "1/2/3", "nan")) {
            BitgrainException e = assertThrows(
                    BitgrainException.class, () -> Preprocessing.parse(List.of(bad), NONE, NONE));
            assertEquals("--scale: '" + bad + "' is not a number; write for example 0.5 or 1/255", e.getMessage());
        }
        assertTrue(assertThrows(BitgrainException.class, () -> Preprocessing.parse(NONE, NONE, List.of("0")))
                .getMessage().contains("divides by zero"));
        assertEquals("--scale: given twice", assertThrows(
                BitgrainException.class, () -> Preprocessing.parse(List.of("1", "2"), NONE, NONE)).getMessage());
    }

    private static Map<String, List<Shape>> twoInputs() {
        Map<String, List<Shape>> inputs = new LinkedHashMap<>();
        inputs.put("image", List.of(Shape.of(2)));
        inputs.put("extra", List.of(Shape.of(1)));
        return inputs;
    }

    @Test
    void severalInputsComeFromAnNpzFileWithFlagsBoundByName() throws IOException {
        Path data = NpyTest.npz(folder.resolve("d.npz"), true, "extra", bytes(ElementType.UINT8, List.of(1, 1), 10),
                "image", bytes(ElementType.UINT8, List.of(1, 2), 10, 20));
        Preprocessing preprocessing = Preprocessing.parse(List.of("image=2", "3"), NONE, NONE);
        assertArrayEquals(new float[] {20, 40}, all(data, twoInputs(), preprocessing, "image"));
        assertArrayEquals(new float[] {30}, all(data, twoInputs(), preprocessing, "extra"));
        BitgrainException e = refused(data, twoInputs(), Preprocessing.parse(List.of("picture=2"), NONE, NONE));
        assertEquals("--scale: the model has no input 'picture'; its inputs are image, extra", e.getMessage());
    }

    @Test
    void arraysThatNumPyNumberedAreTakenInOrder() throws IOException {
        Path data = NpyTest.npz(folder.resolve("d.npz"), true, "arr_0", NpyTest.floats(List.of(1, 2), 1, 2),
                "arr_1", NpyTest.floats(List.of(1, 1), 3));
        assertArrayEquals(new float[] {3}, all(data, twoInputs(), Preprocessing.defaults(), "extra"));
    }

    @Test
    void arraysAndInputsMustMatch() throws IOException {
        Path one = file("one.npy", NpyTest.floats(List.of(1, 2), 1, 2));
        assertTrue(refused(one, twoInputs(), Preprocessing.defaults()).getMessage()
                .startsWith(one + ": the model has 2 inputs (image, extra), an .npy file feeds one"));
        Path missing = NpyTest.npz(folder.resolve("m.npz"), true, "image", NpyTest.floats(List.of(1, 2), 1, 2));
        assertEquals(missing + ": holds no array for input extra; it has image",
                refused(missing, twoInputs(), Preprocessing.defaults()).getMessage());
        Path more = NpyTest.npz(folder.resolve("n.npz"), true, "image", NpyTest.floats(List.of(1, 2), 1, 2),
                "extra", NpyTest.floats(List.of(1, 1), 3), "mask", NpyTest.floats(List.of(1, 1), 3));
        assertEquals(more + ": the model has no input mask; its inputs are image, extra",
                refused(more, twoInputs(), Preprocessing.defaults()).getMessage());
        Path counts = NpyTest.npz(folder.resolve("c.npz"), true, "image", NpyTest.floats(List.of(1, 2), 1, 2),
                "extra", NpyTest.floats(List.of(2, 1), 3, 4));
        assertEquals(counts + "[extra]: has 2 samples, the first input has 1",
                refused(counts, twoInputs(), Preprocessing.defaults()).getMessage());
        assertEquals(one + ": samples have shape [2], input x of the model takes [1, 3]",
                refused(one, Map.of("x", List.of(Shape.of(1, 3))), Preprocessing.defaults()).getMessage());
        Path nothing = folder.resolve("nothing.npy");
        assertEquals(nothing + ": no such file or folder",
                refused(nothing, Map.of("x", List.of(Shape.of(2))), Preprocessing.defaults()).getMessage());
    }

    private Path image(String name, int type, int... rgb) throws IOException {
        BufferedImage image = new BufferedImage(2, 1, type);
        for (int x = 0; x < 2; x++) {
            if (type == BufferedImage.TYPE_BYTE_GRAY) {
                image.getRaster().setSample(x, 0, 0, rgb[x]);
            } else {
                image.setRGB(x, 0, rgb[x]);
            }
        }
        Path file = folder.resolve("images").resolve(name);
        Files.createDirectories(file.getParent());
        assertTrue(ImageIO.write(image, "png", file.toFile()));
        return file;
    }

    @Test
    void imagesAreReadInTheOrderOfTheirNamesAsRedGreenBluePlanes() throws IOException {
        image("b.png", BufferedImage.TYPE_INT_RGB, 0x010203, 0x040506);
        image("a.png", BufferedImage.TYPE_INT_ARGB, 0xff0a0b0c, 0xff0d0e0f);
        Files.writeString(folder.resolve("images/.hidden"), "x");
        float[] x = all(folder.resolve("images"), Map.of("x", List.of(Shape.of(3, 1, 2))),
                Preprocessing.parse(List.of("1"), NONE, NONE), "x");
        assertArrayEquals(new float[] {10, 13, 11, 14, 12, 15, 1, 4, 2, 5, 3, 6}, x);
    }

    @Test
    void grayValuesAreTakenAsStored() throws IOException {
        image("a.png", BufferedImage.TYPE_BYTE_GRAY, 100, 200);
        Preprocessing plain = Preprocessing.parse(List.of("1"), NONE, NONE);
        assertArrayEquals(new float[] {100, 200}, all(folder.resolve("images"), Map.of("x", List.of(Shape.of(1, 1, 2))), plain, "x"));
        assertArrayEquals(new float[] {100, 200, 100, 200, 100, 200},
                all(folder.resolve("images"), Map.of("x", List.of(Shape.of(3, 1, 2))), plain, "x"));
    }

    @Test
    void coloursBecomeLumaForOneChannel() throws IOException {
        image("a.png", BufferedImage.TYPE_INT_RGB, 0xff0000, 0x00ff00);
        assertArrayEquals(new float[] {76, 150}, all(folder.resolve("images"), Map.of("x", List.of(Shape.of(1, 1, 2))),
                Preprocessing.parse(List.of("1"), NONE, NONE), "x"));
    }

    @Test
    void foldersThatAreNotImagesOnlyAreRefused() throws IOException {
        Map<String, List<Shape>> inputs = Map.of("x", List.of(Shape.of(3, 1, 2)));
        Path images = Files.createDirectories(folder.resolve("images"));
        assertEquals(images + ": holds no images", refused(images, inputs, Preprocessing.defaults()).getMessage());
        Path broken = Files.writeString(images.resolve("a.png"), "no image");
        BitgrainException e = assertThrows(BitgrainException.class, () -> all(images, inputs, Preprocessing.defaults(), "x"));
        assertEquals(broken + ": not an image in any known format", e.getMessage());
        Path wide = image("a.png", BufferedImage.TYPE_INT_RGB, 1, 2);
        e = assertThrows(BitgrainException.class, () -> all(images, Map.of("x", List.of(Shape.of(3, 4, 4))), Preprocessing.defaults(), "x"));
        assertEquals(wide + ": the image is 2 × 1 pixels, the model wants 4 × 4; resize it as for training", e.getMessage());
        byte[] half = Files.readAllBytes(wide);
        Files.write(wide, Arrays.copyOf(half, half.length / 2));
        e = assertThrows(BitgrainException.class, () -> all(images, inputs, Preprocessing.defaults(), "x"));
        assertTrue(e.getMessage().startsWith(wide + ": the image cannot be decoded"), e.getMessage());
        Files.writeString(images.resolve("notes.txt"), "x");
        assertTrue(refused(images, inputs, Preprocessing.defaults()).getMessage().contains("notes.txt is not an image"));
        Files.delete(images.resolve("notes.txt"));
        Files.createDirectory(images.resolve("cats"));
        assertTrue(refused(images, inputs, Preprocessing.defaults()).getMessage().contains("has a subfolder cats"));
    }

    /** What a variant makes of the values is what its options make of the file. */
    @Test
    void variantsAreWhatTheirOptionsWouldGive() throws IOException {
        Map<String, List<Shape>> inputs = Map.of("x", List.of(Shape.of(3, 1, 2)));
        Path pixels = file("p.npy", bytes(ElementType.UINT8, List.of(1, 3, 1, 2), 0, 7, 255, 90, 128, 30));
        Preprocessing given = Preprocessing.parse(List.of("1/255"), List.of("0.485,0.456,0.406"), List.of("0.229,0.224,0.225"));
        try (InputData data = InputData.open(pixels, inputs, given)) {
            List<InputVariant> variants = data.variants().get("x");
            assertTrue(variants.size() > 10);
            for (InputVariant variant : variants) {
                if (variant.reversed()) {
                    Path turned = file("t.npy", bytes(ElementType.UINT8, List.of(1, 3, 1, 2), 128, 30, 255, 90, 0, 7));
                    float[] asIs = data.read(0, 1).get("x").data();
                    float[] reordered = {asIs[4], asIs[5], asIs[2], asIs[3], asIs[0], asIs[1]};
                    assertArrayEquals(all(turned, inputs, given, "x"), variant.map().apply(new Tensor(Shape.of(1, 3, 1, 2), reordered), 1).data(), 1e-5f);
                } else {
                    String[] words = variant.advice().split(" ");
                    Map<String, List<String>> options = new LinkedHashMap<>();
                    for (int i = 0; i < words.length; i += 2) {
                        options.put(words[i], List.of(words[i + 1]));
                    }
                    float[] expected = all(pixels, inputs, Preprocessing.parse(options.get("--scale"), options.getOrDefault("--mean", NONE),
                            options.getOrDefault("--std", NONE)), "x");
                    float[] made = variant.map().apply(data.read(0, 1).get("x"), 1).data();
                    for (int i = 0; i < made.length; i++) {
                        // Differences of large numbers leave rounding errors of their size.
                        double size = 5 * Math.abs(variant.map().gain(i / 2)) + Math.abs(variant.map().offset(i / 2));
                        assertEquals(expected[i], made[i], 1e-6 * (size + Math.abs(expected[i])), variant.advice());
                    }
                }
            }
        }
    }
}
