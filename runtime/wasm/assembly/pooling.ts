// The gradient of max pooling.

/** x ← the gradient of max pooling: each dy goes to the first largest number of its window. */
export function maxPoolGradient(
  input: usize,
  dy: usize,
  x: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  windowHeight: i32,
  windowWidth: i32,
  top: i32,
  left: i32,
  strideHeight: i32,
  strideWidth: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  memory.fill(x, 0, <usize> (batch * height * width * channels) << 2);
  for (let image = 0; image < batch; image++) {
    for (let outY = 0; outY < outHeight; outY++) {
      const y = outY * strideHeight - top, y0 = max(0, y), y1 = min(height, y + windowHeight);
      for (let outX = 0; outX < outWidth; outX++) {
        const left0 = outX * strideWidth - left, x0 = max(0, left0), x1 = min(width, left0 + windowWidth);
        for (let channel = 0; channel < channels; channel++) {
          let largest: f32 = -Infinity, at: usize = 0;
          for (let row = y0; row < y1; row++) {
            let offset = <usize> (((image * height + row) * width + x0) * channels + channel) << 2;
            for (let column = x0; column < x1; column++) {
              const value = load<f32>(input + offset);
              if (at == 0 || value > largest) {
                largest = value;
                at = x + offset;
              }
              offset += <usize> channels << 2;
            }
          }
          if (at != 0) store<f32>(at, load<f32>(at) + load<f32>(dy));
          dy += 4;
        }
      }
    }
  }
}
