package io.github.bitgrain.exporter;

import io.github.bitgrain.core.BitgrainException;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Files that appear whole or not at all: written beside the target under another name, then moved. A file that was there
 * before stays untouched when writing fails.
 */
public final class WholeFile {
    private WholeFile() {}

    /** Writes the content of a file. */
    public interface Content {
        /** Writes everything; the stream is buffered and closed by the caller. */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Refuses, before hours of work, a target that cannot be written.
     *
     * @throws BitgrainException (cannot write) naming the reason
     */
    public static void check(Path file) {
        Path folder = folder(file);
        if (!Files.isDirectory(folder)) {
            throw cannotWrite(file, Files.exists(folder) ? folder + " is not a folder" : "there is no folder " + folder);
        }
        if (Files.isDirectory(file)) {
            throw cannotWrite(file, "it is a folder");
        }
        if (Files.exists(file) ? !Files.isWritable(file) : !Files.isWritable(folder)) {
            throw cannotWrite(file, "no permission");
        }
    }

    /**
     * Writes a file.
     *
     * @throws BitgrainException (cannot write) naming the file and the reason
     */
    public static void write(Path file, byte[] content) {
        write(file, out -> out.write(content));
    }

    /**
     * Writes a file.
     *
     * @throws BitgrainException (cannot write) naming the file and the reason
     */
    public static void write(Path file, Content content) {
        check(file);
        try {
            Path target = Files.exists(file) ? file.toRealPath() : file;
            if (Files.exists(target) && !Files.isRegularFile(target)) {
                // A device or pipe cannot be replaced.
                try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(target, StandardOpenOption.WRITE))) {
                    content.writeTo(out);
                }
                return;
            }
            Path part = folder(target).resolve("." + target.getFileName() + "." + ProcessHandle.current().pid() + ".part");
            new File(part.toString()).deleteOnExit();
            try {
                try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(part))) {
                    content.writeTo(out);
                }
                move(part, target);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw cannotWrite(file, reason(e));
        }
    }

    /**
     * Makes a folder for outputs, with its parents.
     *
     * @throws BitgrainException (cannot write) if that fails
     */
    public static void makeFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw cannotWrite(folder, Files.exists(folder) ? "it is not a folder" : "the folder cannot be made");
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException _ -> "no permission";
            case NoSuchFileException _ -> "its folder takes no new files";
            default -> e.getMessage();
        };
    }

    private static Path folder(Path file) {
        return file.toAbsolutePath().getParent();
    }

    private static BitgrainException cannotWrite(Path file, String why) {
        return new BitgrainException(BitgrainException.Kind.CANNOT_WRITE, file + ": cannot be written: " + why);
    }
}
