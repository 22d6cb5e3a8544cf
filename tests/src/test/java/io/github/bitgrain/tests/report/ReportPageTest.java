package io.github.bitgrain.tests.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.testing.SharedData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of {@code quantize --report} as a person meets it, in a browser. */
class ReportPageTest {
    /** Stages of {@code quantize} below that train the whole network. */
    private static final List<String> STAGES = List.of("output", "output with thresholds");

    @TempDir
    static Path folder;

    private static OpenPage page;
    private static Browser browser;

    @BeforeAll
    static void start() throws Exception {
        String data = "golden/esp-ppq/data/lenet/";
        Path file = folder.resolve("report.html");
        page = OpenPage.of(file, folder, "", "quantize", SharedData.path("golden/esp-ppq/models/lenet.onnx").toString(),
                "--calib", SharedData.path(data + "calib_x.npy").toString(), "--mean", "0.5", "--std", "0.25", "--target", "esp32s3",
                "--tqt", "--set", "tqt_optimization_setting.steps=20", "--set", "tqt_optimization_setting.output_steps=20",
                "--eval", SharedData.path(data + "val_x.npy").toString(), "--labels", SharedData.path(data + "val_y.npy").toString(),
                "-o", folder.resolve("lenet.espdl").toString(), "--report", file.toString());
        browser = page.browser();
    }

    @AfterAll
    static void stop() throws Exception {
        if (page != null) {
            page.close();
        }
    }

    @BeforeEach
    void open() throws Exception {
        page.load();
    }

    @Test
    void chartsAreDrawnWithoutComplaintAndWithoutNetwork() throws Exception {
        page.drawsCharts(3 + STAGES.size(), "error-chart", "block-chart", "headroom-chart");
        List<String> stages = new ArrayList<>();
        browser.run("[...document.querySelectorAll('#training [data-curve]')].filter(place => place.querySelector('canvas'))"
                + ".map(place => place.previousElementSibling.textContent)").forEach(stage -> stages.add(stage.asText()));
        assertEquals(STAGES, stages);
        page.screenshot("light");
    }

    @Test
    void aColumnIsSortedByKeyboard() throws Exception {
        browser.run("document.querySelector('#layer-table').parentElement.focus()");
        for (int column = 0; column < 5; column++) {
            browser.press("Tab", OpenPage.TAB);
        }
        assertEquals("calibrated", browser.run("document.activeElement.textContent").asText());
        browser.press("Enter", OpenPage.ENTER);
        assertEquals("descending", browser.run("document.activeElement.closest('th').getAttribute('aria-sort')").asText());
        List<Double> falling = column();
        assertTrue(falling.size() > 3, falling::toString);
        assertEquals(falling.stream().sorted(Comparator.reverseOrder()).toList(), falling);
        browser.press("Enter", OpenPage.ENTER);
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
            browser.press("Enter", OpenPage.ENTER);
            assertEquals("true", browser.run("document.activeElement.getAttribute('aria-expanded')").asText(), table);
            assertTrue(browser.run("document.querySelectorAll('#" + table + "-table tr.detail canvas').length").asInt() > 0, table);
        }
        browser.settle();
        page.drawsCharts(3 + STAGES.size() + 3);
        browser.run("document.querySelector('#tensor-table button.sort').click()");
        assertEquals("true", browser.run("document.querySelector('#tensor-table tr.detail').previousElementSibling"
                + ".querySelector('button.more').getAttribute('aria-expanded')").asText());
        page.screenshot("details");
        page.hasNoComplaints();
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
        browser.press("ArrowRight", OpenPage.RIGHT);
        browser.settle();
        String first = browser.run("document.querySelector('#error-chart output').textContent").asText();
        browser.press("ArrowRight", OpenPage.RIGHT);
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
        page.isReadableInLightAndDark();
    }

    @Test
    void aTelephoneShowsItWithoutSidewaysScrolling() throws Exception {
        page.fitsATelephone();
    }
}
