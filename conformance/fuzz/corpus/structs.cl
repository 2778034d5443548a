typedef struct { float4 position; int cell[3]; uchar flags; } particle;
typedef union { float f; uint u; } bits;
constant float kWeights[4] = {0.25f, 0.5f, 0.125f, 1.0f};
float weigh(const global particle* p, int i) { return p[i].position.x * kWeights[p[i].cell[i & 1] & 3]; }
kernel void move(global particle* particles, particle step, global uint* keys) {
  int i = get_global_id(0);
  particle p = particles[i];
  p.position += step.position * weigh(particles, i);
  p.cell[i % 3] += step.cell[0];
  p.flags |= step.flags;
  particles[i] = p;
  bits b;
  b.f = p.position.y;
  keys[i] = b.u;
}
