package io.github.bitgrain.cli.report;

import io.github.bitgrain.cli.console.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * One self-contained HTML page under construction: its frame, and the sections that pages have in common. Charts are drawn by uPlot, whose
 * text is in the page; nothing is downloaded, and the page forbids it. All figures stand in tables that need no script; the script adds
 * charts, sorting and details. Not safe for use by several threads.
 */
final class Page {
    private final String title;
    private final String lead;
    private final String verdict;
    private final Html body = new Html();
    private final StringBuilder links = new StringBuilder();
    private String first;

    /**
     * @param title name of the page, plain text
     * @param lead how its content was made, plain text
     * @param verdict the content in a few sentences, plain text
     */
    Page(String title, String lead, String verdict) {
        this.title = Html.escape(title);
        this.lead = Html.escape(lead);
        this.verdict = Html.escape(verdict);
    }

    /** Where sections are written. */
    Html html() {
        return body;
    }

    /**
     * Opens a section that the navigation names; the caller closes it.
     *
     * @param link its short name there
     */
    Html section(String id, String heading, String link) {
        if (first == null) {
            first = id;
        }
        links.append("<a href=\"#").append(id).append("\">").append(link).append("</a>");
        return body.section(id, heading);
    }

    /** A list of further facts, name → a few words each; nothing if it is empty. */
    void facts(Map<String, String> facts) {
        if (!facts.isEmpty()) {
            body.line("<section id=\"facts\" aria-label=\"Model\"><dl class=\"facts\">");
            facts.forEach((name, value) -> body.line("<div><dt>" + Html.escape(name) + "</dt><dd>" + Html.escape(value) + "</dd></div>"));
            body.line("</dl></section>");
        }
    }

    /** Things to know, one sentence each; nothing if there are none. */
    void warnings(List<String> warnings) {
        if (!warnings.isEmpty()) {
            body.section("warnings", "Worth knowing").line("<ul class=\"warnings\">");
            warnings.forEach(warning -> body.line("<li>" + Html.escape(warning) + "</li>"));
            body.line("</ul></section>");
        }
    }

    /** The settings in force. */
    void settings(Map<String, Object> settings) {
        section("settings", "Settings", "Settings");
        body.line("<details><summary>Settings in force</summary><pre tabindex=\"0\">" + Html.escape(Json.text(settings)) + "</pre></details></section>");
    }

    /**
     * The finished page.
     *
     * @param data numbers behind the charts, see {@link ChartData}
     */
    String text(String data) {
        Html html = new Html();
        html.line("<!DOCTYPE html>");
        html.line("<html lang=\"en\"><head><meta charset=\"utf-8\"/>");
        html.line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>");
        html.line("<meta name=\"color-scheme\" content=\"light dark\"/>");
        html.line("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\"/>");
        html.line("<title>" + title + "</title>");
        html.line("<style>" + resource("uplot/uPlot.min.css") + "</style>");
        html.line("<style>" + resource("report.css") + "</style></head><body>");
        html.line("<a class=\"skip\" href=\"#" + first + "\">Skip to the figures</a>");
        html.line("<header><h1>" + title + "</h1>");
        html.line("<p class=\"lead\">" + lead + "</p>");
        html.line("<p class=\"verdict\">" + verdict + "</p>");
        html.line("</header>");
        html.line("<nav aria-label=\"Sections\">" + links + "</nav>");
        html.line("<main>").line(body.toString().strip()).line("</main>");
        html.line("<footer><details><summary>Charts: uPlot, MIT licence</summary><pre>" + Html.escape(resource("uplot/LICENSE"))
                + "</pre></details></footer>");
        html.line("<script type=\"application/json\" id=\"data\">" + data + "</script>");
        html.line("<script>" + resource("uplot/uPlot.iife.min.js") + "</script>");
        html.line("<script>" + resource("report.js") + "</script>");
        html.line("</body></html>");
        return html.toString();
    }

    private static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the application lacks its file " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
