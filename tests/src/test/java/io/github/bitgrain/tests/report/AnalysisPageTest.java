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

/** The page of {@code analyze --report} as a person meets it, in a browser. */
class AnalysisPageTest {
    @TempDir
    static Path folder;

    private static OpenPage page;
    private static Browser browser;

    /** With the wrong scale, so that there is something to warn of. */
    @BeforeAll
    static void start() throws Exception {
        Path file = folder.resolve("analysis.html");
        page = OpenPage.of(file, folder, "analysis-", "analyze", SharedData.path("golden/esp-ppq/models/lenet.onnx").toString(),
                "--calib", SharedData.path("golden/esp-ppq/data/lenet/calib_x.npy").toString(), "--scale", "1", "--target", "esp32s3",
                "--samples", "8", "--report", file.toString());
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
        page.drawsCharts(1, "ranking-chart");
        page.screenshot("light");
    }

    @Test
    void figuresAndWarningsAreAtTheTop() throws Exception {
        List<String> names = texts(".card small:first-child");
        assertEquals(List.of("everything quantized", "layers", "estimated time", "memory"), names);
        List<String> values = texts(".card b");
        assertTrue(values.get(0).endsWith(" %") && values.get(1).equals("4") && values.get(2).endsWith(" ms") && values.get(3).endsWith(" KiB"), values::toString);
        List<String> warnings = texts("ul.warnings li");
        assertTrue(warnings.getFirst().contains("check --scale"), warnings::toString);
    }

    private static List<String> texts(String selector) throws Exception {
        List<String> texts = new ArrayList<>();
        browser.run("[...document.querySelectorAll('" + selector + "')].map(e => e.textContent)").forEach(text -> texts.add(text.asText()));
        return texts;
    }

    /** Ranked by the error alone, as the chart; sorted anew by keyboard. */
    @Test
    void layersAreRankedAndSortedByKeyboard() throws Exception {
        List<Double> alone = column(4);
        assertEquals(4, alone.size());
        assertEquals(alone.stream().sorted(Comparator.reverseOrder()).toList(), alone);
        browser.run("[...document.querySelectorAll('#layer-table button.sort')].find(b => b.textContent === 'place').focus()");
        browser.press("Enter", OpenPage.ENTER);
        browser.press("Enter", OpenPage.ENTER);
        assertEquals(List.of(1.0, 2.0, 3.0, 4.0), column(2));
        assertEquals(List.of("/conv1/Conv", "/conv2/Conv", "/fc1/Gemm", "/fc2/Gemm"), texts("#layer-table tbody th"));
    }

    private static List<Double> column(int index) throws Exception {
        List<Double> values = new ArrayList<>();
        browser.run("[...document.querySelectorAll('#layer-table tbody tr')].map(row => +row.cells[" + index + "].dataset.value)").forEach(v -> values.add(v.asDouble()));
        return values;
    }

    @Test
    void aLayerOpensItsTensorsAndATensorItsHistogramByKeyboard() throws Exception {
        browser.run("[...document.querySelectorAll('#layer-table button.more')].find(b => b.textContent === '/conv2/Conv').focus()");
        browser.press("Enter", OpenPage.ENTER);
        browser.settle();
        String said = browser.run("document.querySelector('#layer-table tr.detail p').textContent").asText();
        assertTrue(said.matches("Alone it makes \\S+ % of noise .* float for it would leave \\S+ %, 16 bits \\S+ %\\. At its own output \\S+ % .*"), said);
        assertTrue(texts("#layer-table tr.detail h3").contains("conv2.weight (parameter of /conv2/Conv)"));
        browser.run("document.querySelector('#tensor-table button.more').focus()");
        browser.press("Enter", OpenPage.ENTER);
        browser.settle();
        page.drawsCharts(4);
        page.screenshot("details");
    }

    @Test
    void theRankingTellsItsValuesByArrowKeys() throws Exception {
        browser.run("document.querySelector('#ranking-chart .plot').focus()");
        browser.press("ArrowRight", OpenPage.RIGHT);
        browser.settle();
        String first = texts("#ranking-chart output").getFirst();
        browser.press("ArrowRight", OpenPage.RIGHT);
        browser.settle();
        assertTrue(first.matches("\\S+: alone \\S+ %; at 16 bits it would leave \\S+ % of \\S+ %; cumulated \\S+ %"), first);
        assertNotEquals(first, texts("#ranking-chart output").getFirst());
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
