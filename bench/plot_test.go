package bench_test

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// plot draws the CPU of a plan without a change over the number of customers, both on logarithmic scales. It names no
// colour of a page, so that it reads on light and on dark.
func (r *results) plot() string {
	const width, height, left, bottom = 640, 360, 70, 300
	x := func(n float64) float64 { return left + (math.Log10(n)-1)*180 }
	y := func(s float64) float64 { return bottom - (math.Log10(max(s, 0.1))+1)*80 }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="CPU seconds of a plan without a change">`+"\n", width, height)
	b.WriteString("<style>text{font:13px sans-serif;fill:#57606a}line{stroke:#8b949e;stroke-width:.5}polyline{fill:none;stroke-width:2.5}@media(prefers-color-scheme:dark){text{fill:#9da7b1}}</style>\n")
	for _, n := range []int{10, 100, 1000, 5000} {
		fmt.Fprintf(&b, `<line x1="%[1]g" x2="%[1]g" y1="60" y2="%[2]d"/><text x="%[1]g" y="%[3]d" text-anchor="middle">%[4]d</text>`+"\n", x(float64(n)), bottom, bottom+20, n)
	}
	for _, s := range []float64{0.1, 1, 10, 100} {
		fmt.Fprintf(&b, `<line x1="%d" x2="%g" y1="%[3]g" y2="%[3]g"/><text x="%d" y="%g" text-anchor="end">%g s</text>`+"\n", left, x(5000), y(s), left-8, y(s)+4, s)
	}
	for i, line := range []struct {
		name, phase, colour string
		cost                func(measured) time.Duration
	}{
		{"a resource each: provider", planning, "#d9730d", func(m measured) time.Duration { return m.Provider }},
		{"a resource each: Terraform", planning, "#3b82d6", func(m measured) time.Duration { return m.Terraform }},
		{"one resource: provider", planningMany, "#1a9c5b", func(m measured) time.Duration { return m.Provider }},
		{"one resource: Terraform", planningMany, "#a259c9", func(m measured) time.Duration { return m.Terraform }},
	} {
		var points []string
		for _, m := range r.phases {
			if m.Phase == line.phase && m.Latency == 0 {
				points = append(points, fmt.Sprintf("%.1f,%.1f", x(float64(m.N)), y(line.cost(m).Seconds())))
			}
		}
		fmt.Fprintf(&b, `<polyline points="%s" stroke="%s"/><text x="%d" y="%d" style="fill:%s">%s</text>`+"\n", strings.Join(points, " "), line.colour, left+10, 80+18*i, line.colour, line.name)
	}
	fmt.Fprintf(&b, `<text x="%d" y="30">CPU seconds of a plan without a change</text><text x="%g" y="%d" text-anchor="middle">customers</text>`+"\n</svg>\n", left, x(300), bottom+45)
	return b.String()
}
