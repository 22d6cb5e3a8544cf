package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.testing.SharedData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command that reads chip models takes the key of an encrypted one and the name of one in a package. */
class EncryptedModelTest {
    private static final String KEY = "00112233445566778899aabbccddeeff";

    @TempDir
    Path folder;

    private Path plain;
    private Path encrypted;
    private Path pack;

    @BeforeEach
    void encrypt() throws Exception {
        plain = SharedData.path("golden/espdl-vectors/esp32p4_tcn.espdl");
        byte[] model = Files.readAllBytes(plain);
        Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
        byte[] counter = new byte[16];
        for (int i = 0; i < 16; i++) {
            counter[i] = (byte) (0x10 + i);
        }
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(java.util.HexFormat.of().parseHex(KEY), "AES"), new IvParameterSpec(counter));
        byte[] secret = model.clone();
        System.arraycopy(cipher.doFinal(model, 16, model.length - 16), 0, secret, 16, model.length - 16);
        secret[4] = 1;
        encrypted = Files.write(folder.resolve("secret.espdl"), secret);
        pack = Files.write(folder.resolve("pack.espdl"), pack(model, secret));
    }

    private static byte[] pack(byte[]... models) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN).put("PDL2".getBytes(StandardCharsets.US_ASCII)).putInt(2);
        int second = 48 + models[0].length;
        head.putInt(48).putInt(32).putInt(1).putInt(second).putInt(33).putInt(1).put("ab".getBytes(StandardCharsets.US_ASCII));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(head.array());
        out.write(models[0]);
        out.write(models[1]);
        return out.toByteArray();
    }

    private static CommandRun run(List<String> args, String... more) {
        List<String> all = new java.util.ArrayList<>(args);
        all.addAll(List.of(more));
        return CommandRun.of(all.toArray(String[]::new));
    }

    @Test
    void theKeyOpensTheModelInEveryCommand() throws IOException {
        Path keyFile = Files.writeString(folder.resolve("key.txt"), KEY + "\n");
        for (String key : List.of(KEY, keyFile.toString())) {
            assertEquals(0, CommandRun.of("verify", encrypted.toString(), "--target", "esp32p4", "--key", key).exit());
            assertEquals(0, CommandRun.of("verify", pack.toString(), "--model", "b", "--target", "esp32p4", "--key", key).exit());
        }
        String reference = CommandRun.of("inspect", "--json", plain.toString()).out().replace(plain.toString(), encrypted.toString());
        assertEquals(reference, CommandRun.of("inspect", "--json", encrypted.toString(), "--key", KEY).out());
        assertEquals(0, CommandRun.of("diff", plain.toString(), encrypted.toString(), "--key", KEY).exit());
        assertEquals(0, CommandRun.of("diff", pack.toString(), pack.toString(), "--model", "a", "--other-model", "1", "--key", KEY).exit());
        Path input = folder.resolve("x.npy");
        try (var out = Files.newOutputStream(input)) {
            new io.github.bitgrain.cli.data.NpyWriter(out, io.github.bitgrain.cli.data.ElementType.FLOAT32, List.of(1, 24, 16)).write(new float[384]);
        }
        List<String> simulate = List.of("simulate", "--input", input.toString(), "--target", "esp32p4", "--json");
        assertEquals(run(simulate, plain.toString()).out(), run(simulate, encrypted.toString(), "--key", KEY).out());
        assertEquals(0, CommandRun.of("diff-run", plain.toString(), pack.toString(), "--other-model", "b", "--other-key", KEY, "--input",
                input.toString(), "--target", "esp32p4").exit());
        assertEquals(0, CommandRun.of("evaluate", encrypted.toString(), "--key", KEY, "--data", input.toString(), "--target", "esp32p4",
                "--reference", encrypted.toString(), "--metric", "mse").exit());
    }

    @Test
    void aWrongOrMissingKeyIsOneLineAndExitCode65() {
        CommandRun wrong = CommandRun.of("verify", encrypted.toString(), "--target", "esp32p4", "--key", KEY.replace('0', '1'));
        assertEquals(65, wrong.exit());
        assertTrue(wrong.err().matches("bitgrain: \\S+secret.espdl: byte \\d+: .*; is the key right\\?\\R"), wrong.err());
        CommandRun.of("verify", encrypted.toString()).fails(65, encrypted + ": is encrypted; give its 16-byte AES key (--key)");
        CommandRun.of("verify", encrypted.toString(), "--key", "12").fails(2, "--key: is neither a file nor a key: an AES key has 32 "
                + "hexadecimal digits, for example 000102030405060708090a0b0c0d0e0f");
        CommandRun.of("inspect", pack.toString()).fails(2, pack + ": is a package of 2 models, choose one with --model: a, b");
        CommandRun.of("verify", plain.toString(), "--model", "x").fails(2, plain + ": holds one model, not a package; leave out which one (x)");
    }

    @Test
    void aKeyThatNoModelNeedsIsRefused() {
        String idle = plain + ": is not encrypted; leave out --key";
        CommandRun.of("verify", plain.toString(), "--target", "esp32p4", "--key", KEY).fails(2, idle);
        CommandRun.of("inspect", plain.toString(), "--key", KEY).fails(2, idle);
        CommandRun.of("inspect", "--headroom", plain.toString(), "--target", "c", "--key", KEY).fails(2, idle);
        CommandRun.of("inspect", "--to-float", folder.resolve("f.onnx").toString(), plain.toString(), "--target", "c", "--key", KEY).fails(2, idle);
        CommandRun.of("simulate", plain.toString(), "--input", "x.npy", "--key", KEY).fails(2, idle);
        CommandRun.of("diff-run", plain.toString(), folder.toString(), "--input", "x.npy", "--key", KEY).fails(2, idle);
        CommandRun.of("diff-run", plain.toString(), plain.toString(), "--input", "x.npy", "--key", KEY).fails(
                2, plain + " and " + idle.replace("is not", "are not"));
        CommandRun.of("evaluate", plain.toString(), "--data", "x.npy", "--key", KEY).fails(2, idle);
        CommandRun.of("verify", pack.toString(), "--model", "a", "--target", "c", "--key", KEY).fails(2, pack + ": is not encrypted; leave out --key");
    }

    @Test
    void ofTwoModelsEachKeyMustOpenOne() {
        CommandRun.of("diff", plain.toString(), plain.toString(), "--key", KEY).fails(2, plain + " and " + plain + ": are not encrypted; leave out --key");
        CommandRun.of("diff", encrypted.toString(), plain.toString(), "--key", KEY, "--other-key", KEY).fails(
                2, plain + ": is not encrypted; leave out --other-key");
        CommandRun.of("diff", plain.toString(), encrypted.toString(), "--key", KEY, "--other-key", KEY).fails(
                2, plain + ": is not encrypted; leave out --key");
        assertEquals(0, CommandRun.of("diff", encrypted.toString(), plain.toString(), "--key", KEY).exit());
        assertEquals(0, CommandRun.of("diff", plain.toString(), encrypted.toString(), "--other-key", KEY).exit());
    }
}
