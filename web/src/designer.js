import './designer/designer.css';
import { start } from './designer/start.js';

start();
