package io.github.bitgrain.tests.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.bitgrain.cli.Main;
import io.github.bitgrain.testing.SharedData;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of {@code quantize --report} as a person meets it, in a browser. */
class ReportPageTest {
    private static final int TAB = 9;
    private static final int ENTER = 13;
    private static final int RIGHT = 39;
    /** Lowest contrast of text that WCAG 2 level AA allows. */
    private static final double CONTRAST = 4.5;

    /** Stages of {@code quantize} below that train the whole network. */
    private static final List<String> STAGES = List.of("output", "output with thresholds");

    /** How many different colours the pixels of each chart have. */
    private static final String COLOURS = """
            [...document.querySelectorAll('.plot canvas')].map(c => new Set(new Uint32Array(
                c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size)""";

    @TempDir
    static Path folder;

    private static Path page;
    private static Browser browser;

    @BeforeAll
    static void start() throws Exception {
        Optional<Path> program = Browser.find();
        if (program.isEmpty() && "true".equals(System.getenv("CI"))) {
            fail("no Chromium on the path; .ci/run installs it");
        }
        assumeTrue(program.isPresent(), "no Chromium on the path");
        page = folder.resolve("report.html");
        quantize();
        browser = new Browser(program.get(), folder.resolve("profile"));
    }

    private static void quantize() {
        String data = "golden/esp-ppq/data/lenet/";
        StringWriter err = new StringWriter();
        int exit = Main.run(new String[] {"quantize", SharedData.path("golden/esp-ppq/models/lenet.onnx").toString(),
                "--calib", SharedData.path(data + "calib_x.npy").toString(), "--mean", "0.5", "--std", "0.25", "--target", "esp32s3",
                "--tqt", "--set", "tqt_optimization_setting.steps=20", "--set", "tqt_optimization_setting.output_steps=20",
                "--eval", SharedData.path(data + "val_x.npy").toString(), "--labels", SharedData.path(data + "val_y.npy").toString(),
                "-o", folder.resolve("lenet.espdl").toString(), "--report", page.toString()},
                new PrintWriter(new StringWriter()), new PrintWriter(err, true));
        assertEquals(0, exit, err::toString);
    }

    @AfterAll
    static void stop() throws Exception {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void open() throws Exception {
        browser.complaints().clear();
        browser.requests().clear();
        browser.prefer("light");
        browser.resize(1280, 900);
        browser.open(page);
    }

    @Test
    void chartsAreDrawnWithoutComplaintAndWithoutNetwork() throws Exception {
        assertTrue(browser.run("['error-chart', 'block-chart', 'headroom-chart'].every("
                + "id => document.querySelector('#' + id + ' canvas'))").asBoolean());
        List<String> stages = new ArrayList<>();
        browser.run("[...document.querySelectorAll('#training [data-curve]')].filter(place => place.querySelector('canvas'))"
                + ".map(place => place.previousElementSibling.textContent)").forEach(stage -> stages.add(stage.asText()));
        assertEquals(STAGES, stages);
        JsonNode colours = browser.run(COLOURS);
        assertTrue(colours.size() >= 3 + STAGES.size(), colours::toString);
        colours.forEach(count -> assertTrue(count.asInt() > 5, colours::toString));
        assertTrue(browser.run("document.querySelectorAll('#tensor-table svg.spark path[d^=M]').length"
                + " === document.querySelectorAll('#tensor-table tbody tr').length").asBoolean());
        browser.screenshot(Path.of("target/report/light.png"));
        assertEquals(List.of(), browser.complaints());
        assertEquals(List.of(page.toUri().toString()), browser.requests());
    }

    @Test
    void aColumnIsSortedByKeyboard() throws Exception {
        browser.run("document.querySelector('#layer-table').parentElement.focus()");
        for (int column = 0; column < 5; column++) {
            browser.press("Tab", TAB);
        }
        assertEquals("calibrated", browser.run("document.activeElement.textContent").asText());
        browser.press("Enter", ENTER);
        assertEquals("descending", browser.run("document.activeElement.closest('th').getAttribute('aria-sort')").asText());
        List<Double> falling = column();
        assertTrue(falling.size() > 3, falling::toString);
        assertEquals(falling.stream().sorted(Comparator.reverseOrder()).toList(), falling);
        browser.press("Enter", ENTER);
        assertEquals("ascending", browser.run("document.activeElement.closest('th').getAttribute('aria-sort')").asText());
        assertEquals(falling.reversed(), column());
    }

    private static List<Double> column() throws Exception {
        List<Double> values = new ArrayList<>();
        browser.run("[...document.querySelectorAll('#layer-table tbody tr')].map(row => +row.cells[4].dataset.value)").forEach(v -> values.add(v.asDouble()));
        return values;
    }

    @Test
    void detailsOpenByKeyboardAndStayWithTheirRow() throws Exception {
        for (String table : List.of("layer", "block", "tensor")) {
            browser.run("document.querySelector('#" + table + "-table button.more').focus()");
            browser.press("Enter", ENTER);
            assertEquals("true", browser.run("document.activeElement.getAttribute('aria-expanded')").asText(), table);
            assertTrue(browser.run("document.querySelectorAll('#" + table + "-table tr.detail canvas').length").asInt() > 0, table);
        }
        browser.settle();
        browser.run(COLOURS).forEach(count -> assertTrue(count.asInt() > 5));
        browser.run("document.querySelector('#tensor-table button.sort').click()");
        assertEquals("true", browser.run("document.querySelector('#tensor-table tr.detail').previousElementSibling"
                + ".querySelector('button.more').getAttribute('aria-expanded')").asText());
        browser.screenshot(Path.of("target/report/details.png"));
        assertEquals(List.of(), browser.complaints());
    }

    @Test
    void detailsAtTheEndOfATableOpenInSight() throws Exception {
        browser.run("[...document.querySelectorAll('#tensor-table button.more')].at(-1).click()");
        browser.settle();
        assertTrue(browser.run("const box = document.querySelector('#tensor-table').parentElement.getBoundingClientRect(),"
                + " row = document.querySelector('#tensor-table tr.detail').getBoundingClientRect();"
                + " row.height > 50 && row.bottom <= box.bottom + 1 && row.top >= box.top").asBoolean());
    }

    @Test
    void chartsTellTheirValuesByArrowKeys() throws Exception {
        browser.run("document.querySelector('#error-chart .plot').focus()");
        browser.press("ArrowRight", RIGHT);
        browser.settle();
        String first = browser.run("document.querySelector('#error-chart output').textContent").asText();
        browser.press("ArrowRight", RIGHT);
        browser.settle();
        String second = browser.run("document.querySelector('#error-chart output').textContent").asText();
        assertTrue(first.matches(".+: \\S+ % after calibration, \\S+ % after training"), first);
        assertNotEquals(first, second);
    }

    @Test
    void aFilterLeavesWhatMatches() throws Exception {
        browser.run("const input = document.querySelector('input[data-filter=tensor-table]'); input.value = 'RESULT';"
                + " input.dispatchEvent(new Event('input'))");
        assertTrue(browser.run("const rows = [...document.querySelectorAll('#tensor-table tbody tr')].filter(r => !r.hidden);"
                + " rows.length > 0 && rows.every(r => r.textContent.includes('result'))").asBoolean());
    }

    @Test
    void darkModeIsDarkAndReadableAndRedrawsCharts() throws Exception {
        String pictures = "[...document.querySelectorAll('.plot canvas')].map(c => c.toDataURL())";
        JsonNode light = browser.run(pictures);
        assertTrue(luminance("background-color") > 0.8);
        assertTrue(contrast() >= CONTRAST);
        browser.prefer("dark");
        assertTrue(luminance("background-color") < 0.1);
        assertTrue(contrast() >= CONTRAST);
        JsonNode dark = browser.run(pictures);
        for (int i = 0; i < light.size(); i++) {
            assertFalse(light.get(i).equals(dark.get(i)), "chart " + i + " is drawn as before");
        }
        browser.screenshot(Path.of("target/report/dark.png"));
        assertEquals(List.of(), browser.complaints());
    }

    /** Relative luminance (WCAG 2) of a colour of the page. */
    private static double luminance(String property) throws Exception {
        JsonNode parts = browser.run("getComputedStyle(document.body).getPropertyValue('" + property + "').match(/\\d+/g).slice(0, 3).map(Number)");
        double[] weights = {0.2126, 0.7152, 0.0722};
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            double c = parts.get(i).asInt() / 255.0;
            sum += weights[i] * (c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4));
        }
        return sum;
    }

    private static double contrast() throws Exception {
        double paper = luminance("background-color");
        double ink = luminance("color");
        return (Math.max(paper, ink) + 0.05) / (Math.min(paper, ink) + 0.05);
    }

    @Test
    void aTelephoneShowsItWithoutSidewaysScrolling() throws Exception {
        browser.resize(360, 740);
        browser.run("document.querySelectorAll('#tensor-table button.more, #layer-table button.more').forEach(b => b.click())");
        browser.settle();
        assertEquals(360, browser.run("document.documentElement.scrollWidth").asInt());
        assertTrue(browser.run("[...document.querySelectorAll('.plot')].every(p => p.getBoundingClientRect().width <= 360)").asBoolean());
        browser.screenshot(Path.of("target/report/narrow.png"));
    }
}
