package io.github.bitgrain.exporter;

import io.github.bitgrain.core.BitgrainException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Writes a file whole or not at all: beside its place under another name, then moved. */
public final class WholeFile {
    private WholeFile() {}

    /**
     * Writes a file. Nothing is left behind when that fails; an existing file is replaced only by a complete one.
     *
     * @throws BitgrainException (cannot write) naming the file and the reason
     */
    public static void write(Path file, byte[] content) {
        Path unfinished = file.resolveSibling("." + file.getFileName() + ".unfinished");
        try {
            try {
                Files.write(unfinished, content);
                move(unfinished, file);
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            throw new BitgrainException(BitgrainException.Kind.CANNOT_WRITE,
                    file + ": cannot be written: " + reason(e) + "; choose another folder", e);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "its folder does not exist";
            case AccessDeniedException _ -> "permission denied";
            default -> e.getMessage();
        };
    }
}
