// The gradients of pooling.
import { Geometry } from "./geometry";
import { get, put } from "./lanes";

/** x ← the gradient of max pooling: each dy goes to the first largest number of its window. */
export function maxPoolGradient(geometry: Geometry, input: usize, dy: usize, x: usize, batch: i32): void {
  if (geometry.channels >= 4 && geometry.windowsTile) {
    tiledMaxPoolGradient(geometry, input, dy, x, batch);
    return;
  }
  const height = geometry.height, width = geometry.width, channels = geometry.channels, outHeight = geometry.outHeight, outWidth = geometry.outWidth;
  const pixel = <usize> channels << 2, line = <usize> width * pixel;
  memory.fill(x, 0, <usize> (batch * height) * line);
  for (let image = 0; image < batch; image++) {
    for (let outY = 0; outY < outHeight; outY++) {
      const y = outY * geometry.strideHeight - geometry.top, y0 = max(0, y), rows = min(height, y + geometry.filterHeight) - y0;
      for (let outX = 0; outX < outWidth; outX++) {
        const left0 = outX * geometry.strideWidth - geometry.left, x0 = max(0, left0), columns = min(width, left0 + geometry.filterWidth) - x0;
        if (rows > 0 && columns > 0) {
          const offset = <usize> (image * height + y0) * line + <usize> x0 * pixel;
          let channel = 0;
          for (; channel + 4 <= channels; channel += 4) {
            const at = <usize> channel << 2;
            fourChannels(input + offset + at, dy + at, x + offset + at, rows, columns, line, pixel, true);
          }
          for (; channel < channels; channel++) {
            const at = <usize> channel << 2;
            oneChannel(input + offset + at, dy + at, x + offset + at, rows, columns, line, pixel);
          }
        }
        dy += pixel;
      }
    }
  }
}

// The same where each number lies in one window, and so is written once: then the last four channels may overlap with those before.
function tiledMaxPoolGradient(geometry: Geometry, input: usize, dy: usize, x: usize, batch: i32): void {
  const channels = geometry.channels, pixel = <usize> channels << 2, line = <usize> geometry.width * pixel;
  const rows = geometry.filterHeight, columns = geometry.filterWidth, last = pixel - 16;
  const across = <usize> columns * pixel, down = <usize> rows * line;
  for (let i = batch * geometry.outHeight; i > 0; i--) {
    let offset: usize = 0;
    for (let outX = geometry.outWidth; outX > 0; outX--) {
      for (let at: usize = 0; at < pixel; at += 16) {
        const place = min(at, last), here = offset + place;
        if (rows == 2 && columns == 2) fourChannels(input + here, dy + place, x + here, 2, 2, line, pixel, false);
        else fourChannels(input + here, dy + place, x + here, rows, columns, line, pixel, false);
      }
      offset += across;
      dy += pixel;
    }
    input += down;
    x += down;
  }
}

// `adds` is a constant wherever this is inlined: else what is there is written over.
@inline
function fourChannels(input: usize, dy: usize, x: usize, rows: i32, columns: i32, line: usize, pixel: usize, adds: bool): void {
  let largest = v128.load(input), at = i32x4.splat(0);
  for (let row = 0, number = 0; row < rows; row++) {
    let here = input + <usize> row * line;
    for (let column = 0; column < columns; column++, number++) {
      const value = v128.load(here), larger = f32x4.gt(value, largest);
      largest = v128.bitselect(value, largest, larger);
      at = v128.bitselect(i32x4.splat(number), at, larger);
      here += pixel;
    }
  }
  const slope = v128.load(dy);
  for (let row = 0, number = 0; row < rows; row++) {
    let here = x + <usize> row * line;
    for (let column = 0; column < columns; column++, number++) {
      const mine = v128.and(slope, i32x4.eq(at, i32x4.splat(number)));
      v128.store(here, adds ? f32x4.add(v128.load(here), mine) : mine);
      here += pixel;
    }
  }
}

@inline
function oneChannel(input: usize, dy: usize, x: usize, rows: i32, columns: i32, line: usize, pixel: usize): void {
  let largest = load<f32>(input), at: usize = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const offset = <usize> row * line + <usize> column * pixel, value = load<f32>(input + offset);
      if (value > largest) {
        largest = value;
        at = offset;
      }
    }
  }
  store<f32>(x + at, load<f32>(x + at) + load<f32>(dy));
}

/** x ← the gradient of average pooling: each dy goes in equal shares to all numbers of its window, those of margins included. */
export function averagePoolGradient(geometry: Geometry, dy: usize, x: usize, batch: i32): void {
  const height = geometry.height, width = geometry.width, channels = geometry.channels, outHeight = geometry.outHeight, outWidth = geometry.outWidth;
  const pixel = <usize> channels << 2, line = <usize> width * pixel;
  const share = f32x4.splat(1 / <f32> (geometry.filterHeight * geometry.filterWidth));
  memory.fill(x, 0, <usize> (batch * height) * line);
  for (let image = 0; image < batch; image++) {
    for (let outY = 0; outY < outHeight; outY++) {
      const y = outY * geometry.strideHeight - geometry.top, y0 = max(0, y), y1 = min(height, y + geometry.filterHeight);
      for (let outX = 0; outX < outWidth; outX++) {
        const left = outX * geometry.strideWidth - geometry.left, x0 = max(0, left), x1 = min(width, left + geometry.filterWidth);
        for (let row = y0; row < y1; row++) {
          let at = x + <usize> (image * height + row) * line + <usize> x0 * pixel;
          for (let column = x0; column < x1; column++) {
            for (let channel = 0; channel < channels; channel += 4) {
              const offset = <usize> channel << 2, count = channels - channel;
              put(at + offset, f32x4.add(get(at + offset, count, 0), f32x4.mul(get(dy + offset, count, 0), share)), count);
            }
            at += pixel;
          }
        }
        dy += pixel;
      }
    }
  }
}
