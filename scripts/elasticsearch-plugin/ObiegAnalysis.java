import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.core.WhitespaceTokenizer;
import org.apache.lucene.analysis.pattern.PatternCaptureGroupTokenFilter;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;

/**
 * What our index needs of the module analysis-common, which the node assembled for tests lacks: the same names and the
 * same meaning as in every ordinary distribution, where this plugin is not installed.
 */
public final class ObiegAnalysis extends Plugin implements AnalysisPlugin {
    @Override
    public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
        return Map.of("whitespace", (index, environment, name, settings) -> new TokenizerFactory() {
            private final int longest = settings.getAsInt("max_token_length", 255);

            @Override
            public String name() {
                return name;
            }

            @Override
            public Tokenizer create() {
                return new WhitespaceTokenizer(longest);
            }
        });
    }

    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
        Map<String, AnalysisProvider<TokenFilterFactory>> filters = new HashMap<>();
        filters.put("pattern_capture", AnalysisPlugin.requiresAnalysisSettings(
            (index, environment, name, settings) -> new TokenFilterFactory() {
                private final List<String> patterns = settings.getAsList("patterns");
                private final boolean whole = settings.getAsBoolean("preserve_original", true);

                @Override
                public String name() {
                    return name;
                }

                @Override
                public TokenStream create(TokenStream stream) {
                    Pattern[] compiled = patterns.stream().map(Pattern::compile).toArray(Pattern[]::new);
                    return new PatternCaptureGroupTokenFilter(stream, whole, compiled);
                }
            }));
        return filters;
    }
}
