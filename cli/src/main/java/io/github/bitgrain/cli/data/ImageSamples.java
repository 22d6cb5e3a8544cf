package io.github.bitgrain.cli.data;

import io.github.bitgrain.core.BitgrainException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * A folder of images as uint8 samples of shape [channels, height, width], in the order of the file names. Images are never
 * resized or cropped: each must have the size that the network wants, since how to bring it there is part of how the network
 * was trained. Three channels are red, green, blue; for one channel, colours become luma (0.299 R + 0.587 G + 0.114 B).
 * Transparency is dropped.
 */
final class ImageSamples implements Samples {
    private static final Set<String> SYSTEM_FILES = Set.of("thumbs.db", "desktop.ini");

    private final Path folder;
    private final List<Path> files;
    private final List<Integer> shape;
    private ByteBuffer buffer = ByteBuffer.allocate(0);

    /**
     * @param shape what the network wants: [1 or 3, height, width]
     * @throws BitgrainException (bad input) if the folder holds no images or anything else than images
     */
    ImageSamples(Path folder, List<Integer> shape) {
        this.folder = folder;
        this.shape = List.copyOf(shape);
        if (shape.size() != 3 || shape.get(0) != 1 && shape.get(0) != 3) {
            throw BitgrainException.badInput(folder + ": images need an input of shape [1 or 3, height, width], the model's is "
                    + shape + "; use an .npy file");
        }
        Set<String> suffixes = new TreeSet<>();
        for (String suffix : ImageIO.getReaderFileSuffixes()) {
            if (!suffix.isEmpty()) {
                suffixes.add(suffix.toLowerCase(Locale.ROOT));
            }
        }
        try (Stream<Path> entries = Files.list(folder)) {
            files = entries.filter(f -> !f.getFileName().toString().startsWith(".")
                            && !SYSTEM_FILES.contains(f.getFileName().toString().toLowerCase(Locale.ROOT)))
                    .sorted((a, b) -> a.getFileName().toString().compareTo(b.getFileName().toString()))
                    .toList();
        } catch (IOException e) {
            throw BitgrainException.badInput(folder + ": cannot be read: " + e.getMessage());
        }
        for (Path file : files) {
            String name = file.getFileName().toString();
            String suffix = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
            if (Files.isDirectory(file)) {
                throw BitgrainException.badInput(folder + ": has a subfolder " + name + "; give one folder with all images");
            }
            if (!suffixes.contains(suffix)) {
                throw BitgrainException.badInput(folder + ": " + name + " is not an image (" + String.join(", ", suffixes)
                        + "); move it elsewhere");
            }
        }
        if (files.isEmpty()) {
            throw BitgrainException.badInput(folder + ": holds no images");
        }
    }

    @Override
    public String name() {
        return folder.toString();
    }

    @Override
    public ElementType type() {
        return ElementType.UINT8;
    }

    @Override
    public List<Integer> shape() {
        return shape;
    }

    @Override
    public int count() {
        return files.size();
    }

    @Override
    public ByteBuffer read(int first, int n) {
        int size = sampleSize();
        if (buffer.capacity() < n * size) {
            buffer = ByteBuffer.allocate(Math.multiplyExact(n, size)).order(ByteOrder.LITTLE_ENDIAN);
        }
        for (int i = 0; i < n; i++) {
            decode(files.get(first + i), buffer.array(), i * size);
        }
        return buffer.clear();
    }

    private void decode(Path file, byte[] into, int start) {
        BufferedImage image;
        try {
            image = ImageIO.read(file.toFile());
        } catch (IOException | RuntimeException e) {
            // The decoders of the JDK answer broken files with many kinds of exceptions.
            throw BitgrainException.badInput(file + ": the image cannot be decoded: " + e.getMessage());
        }
        if (image == null) {
            throw BitgrainException.badInput(file + ": not an image in any known format");
        }
        int height = shape.get(1);
        int width = shape.get(2);
        if (image.getWidth() != width || image.getHeight() != height) {
            throw BitgrainException.badInput(file + ": the image is " + image.getWidth() + " × " + image.getHeight()
                    + " pixels, the model wants " + width + " × " + height + "; resize it as for training");
        }
        if (image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY) {
            gray(image.getRaster(), into, start);
            return;
        }
        int[] row = new int[width];
        int plane = width * height;
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int x = 0; x < width; x++) {
                int at = start + y * width + x;
                int red = row[x] >> 16 & 0xff;
                int green = row[x] >> 8 & 0xff;
                int blue = row[x] & 0xff;
                if (shape.get(0) == 1) {
                    into[at] = luma(red, green, blue);
                } else {
                    into[at] = (byte) red;
                    into[at + plane] = (byte) green;
                    into[at + 2 * plane] = (byte) blue;
                }
            }
        }
    }

    /** Gray values as stored: getRGB would bend them by a gamma curve. */
    private void gray(Raster raster, byte[] into, int start) {
        int height = shape.get(1);
        int width = shape.get(2);
        int bits = raster.getSampleModel().getSampleSize(0);
        for (int c = 0; c < shape.get(0); c++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int value = raster.getSample(raster.getMinX() + x, raster.getMinY() + y, 0);
                    into[start + (c * height + y) * width + x] =
                            (byte) (bits >= 8 ? value >> bits - 8 : value * 255 / ((1 << bits) - 1));
                }
            }
        }
    }

    /** ITU-R BT.601 luma in 16-bit fixed point, nearest: the same integers as Pillow's conversion to "L". */
    private static byte luma(int red, int green, int blue) {
        return (byte) (red * 19595 + green * 38470 + blue * 7471 + 0x8000 >> 16);
    }

    @Override
    public void close() {
        // Each image is opened and closed by itself.
    }
}
